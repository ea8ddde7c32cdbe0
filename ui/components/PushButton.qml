// A button, worded as verb and noun. A press answers at once; then the button sleeps until the next
// page or hint.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Kiosk

T.Button {
    id: button
    property bool primary: false
    property bool chosen: false       // the tab that is shown
    property string iconName
    property string name: text        // the words of a screen reader
    property string closed            // why the button cannot be pressed now
    property bool available: true     // false together with ``closed``
    property bool sleepy: true        // sleeps while an answer is under way
    property int size: Theme.button
    property bool pressedLast: false

    enabled: available && !(sleepy && CurrentPage.busy)
    implicitHeight: Theme.touch
    implicitWidth: Math.max(232, words.natural + sign.space + 2 * 36)
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: name + (closed.length > 0 ? " " + closed : "")
    onClicked: pressedLast = true
    Keys.onReturnPressed: if (enabled) clicked()
    Keys.onEnterPressed: if (enabled) clicked()

    readonly property color foreground: !available ? Theme.faint : primary ? Theme.white : Theme.ink
    readonly property bool sleeping: pressedLast && sleepy && CurrentPage.busy
    readonly property bool shut: closed.length > 0

    background: Rectangle {
        radius: Theme.buttonRadius
        color: !button.available ? Theme.paper
             : button.primary ? (button.down || button.sleeping ? Theme.bluePressed : Theme.blue)
             : (button.down || button.sleeping || button.chosen ? Theme.blueTint : Theme.card)
        readonly property bool held: button.down || button.sleeping
        border.width: button.activeFocus ? 7 : held ? 5 : button.primary && button.available ? 0 : 3
        border.color: button.activeFocus ? Theme.focus : held ? (button.primary ? Theme.ink : Theme.blue)
                    : button.available ? Theme.edge : Theme.line
        Rectangle {
            visible: button.chosen
            x: Theme.buttonRadius
            y: parent.height - height
            width: parent.width - 2 * x
            height: 8
            color: Theme.blue
        }
        Rectangle {   // parts the ring from the blue, which is nearly as dark
            visible: button.activeFocus && button.primary && button.available
            anchors { fill: parent; margins: 7 }
            radius: Theme.buttonRadius - 7
            color: "transparent"
            border.width: 4
            border.color: Theme.white
        }
    }

    contentItem: Item {
        id: inside
        // The words stand beside the icon: on one line, or on two lines where one is too narrow.
        readonly property int room: button.width - 2 * 24 - sign.space
        Row {
            anchors.centerIn: parent
            Item {
                id: sign
                readonly property int space: icon.name.length === 0 ? 0 : icon.width + (button.text.length > 0 ? 20 : 0)
                width: space
                height: icon.height
                anchors.verticalCenter: parent.verticalCenter
                Icon {
                    id: icon
                    name: button.shut ? "" : button.iconName   // the reason needs the icon's room
                    color: button.foreground
                    size: Theme.big(44)
                }
            }
            Column {
                id: words
                readonly property real natural: Math.max(label.implicitWidth, reason.implicitWidth)
                anchors.verticalCenter: parent.verticalCenter
                visible: button.text.length > 0
                Label {
                    id: label
                    width: Math.min(implicitWidth, inside.room)
                    text: button.text
                    font.pixelSize: button.shut ? Math.min(button.size, Theme.big(32)) : button.size
                    font.bold: true
                    color: button.foreground
                    horizontalAlignment: icon.visible ? Text.AlignLeft : Text.AlignHCenter
                    anchors.horizontalCenter: parent.horizontalCenter
                    wrapMode: Text.Wrap
                    lineHeight: 0.85
                    Accessible.ignored: true
                }
                Label {
                    id: reason
                    visible: button.shut
                    width: Math.min(implicitWidth, inside.room)
                    text: button.closed
                    font.pixelSize: Theme.elder ? 34 : 28
                    color: Theme.amber
                    wrapMode: Text.Wrap
                    lineHeight: 0.85
                    horizontalAlignment: Text.AlignHCenter
                    Accessible.ignored: true
                }
            }
        }
        Loader {  // made only when it turns: a spinner on every button would cost a page 2 to 5 ms
            active: button.sleeping && CurrentPage.slow
            anchors { right: parent.right; rightMargin: 8; verticalCenter: parent.verticalCenter }
            sourceComponent: Spinner {
                color: button.foreground
                size: 40
            }
        }
    }
    Connections {
        target: CurrentPage
        enabled: button.pressedLast
        function onBusyChanged() { if (!CurrentPage.busy) button.pressedLast = false }
    }
}
