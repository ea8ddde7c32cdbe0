// A button: verb and noun. Answers at once, then sleeps until its work is done.
import QtQuick
import QtQuick.Templates as T
import Kiosk

T.Button {
    id: button
    property bool primary: false
    property string iconName
    property string closed            // why it cannot be pressed now
    property bool available: true     // false together with ``closed``
    property bool sleepy: true        // sleeps while an answer is under way
    property int size: Theme.px(38)
    property bool pressedLast: false

    enabled: available && !(sleepy && Bridge.busy)
    implicitHeight: Theme.touch
    implicitWidth: Math.max(232, row.implicitWidth + 72)
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: text + (closed.length > 0 ? " " + closed : "")
    onClicked: pressedLast = true

    readonly property color foreground: !available ? Theme.faint : primary ? Theme.white : Theme.ink

    background: Rectangle {
        radius: Theme.buttonRadius
        color: !button.available ? Theme.paper
             : button.primary ? (button.down || button.sleeping ? Theme.bluePressed : Theme.blue)
             : (button.down || button.sleeping ? Theme.blueTint : Theme.card)
        border.width: button.activeFocus ? 6 : button.primary && button.available ? 0 : 3
        border.color: button.activeFocus ? Theme.focus : button.available ? Theme.edge : Theme.line
    }
    readonly property bool sleeping: Bridge.busy && pressedLast && sleepy

    contentItem: Item {
        implicitWidth: row.implicitWidth
        Row {
            id: row
            anchors.centerIn: parent
            spacing: 20
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: button.iconName
                color: button.foreground
                size: Theme.px(44)
            }
            Column {
                anchors.verticalCenter: parent.verticalCenter
                Label {
                    id: label
                    text: button.text
                    font.pixelSize: button.size
                    font.bold: true
                    color: button.foreground
                    wrapMode: Text.NoWrap
                    Accessible.ignored: true
                }
                Label {
                    visible: button.closed.length > 0
                    text: button.closed
                    font.pixelSize: Theme.small
                    color: Theme.faint
                    wrapMode: Text.NoWrap
                    Accessible.ignored: true
                }
            }
        }
        Spinner {
            visible: button.sleeping && Bridge.slow
            anchors { right: parent.right; rightMargin: 8; verticalCenter: parent.verticalCenter }
            color: button.foreground
            size: 40
        }
    }
    Connections {
        target: Bridge
        function onBusyChanged() { if (!Bridge.busy) button.pressedLast = false }
    }
}
