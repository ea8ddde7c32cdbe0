// A button of the desk: small, for a mouse.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import "../components"

T.Button {
    id: button
    property bool primary: false
    property bool quiet: false        // without a frame: beside a title
    property string iconName
    implicitHeight: quiet ? 32 : 42
    implicitWidth: row.implicitWidth + (quiet ? 24 : 36)
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: text
    readonly property color foreground: !enabled ? "#9AA5B1" : primary ? Theme.white : Theme.blue

    background: Rectangle {
        radius: button.quiet ? 8 : 10
        color: button.primary && button.enabled ? (button.down ? Theme.bluePressed : Theme.blue)
             : button.down ? Theme.blueTint : button.hovered && button.enabled ? "#F1F5F9"
             : button.quiet ? "transparent" : Theme.card
        border.width: button.visualFocus ? 3 : button.quiet || (button.primary && button.enabled) ? 0 : 1
        border.color: button.visualFocus ? Theme.focus : button.enabled ? Theme.edge : Theme.line
    }
    contentItem: Item {
        implicitWidth: row.implicitWidth
        Row {
            id: row
            anchors.centerIn: parent
            spacing: 8
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: button.iconName
                color: button.foreground
                size: 18
            }
            Label {
                anchors.verticalCenter: parent.verticalCenter
                text: button.text
                font.pixelSize: button.quiet ? 14 : 15
                font.bold: !button.quiet
                color: button.foreground
                wrapMode: Text.NoWrap
                Accessible.ignored: true
            }
        }
    }
}
