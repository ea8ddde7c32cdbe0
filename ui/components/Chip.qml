// A small choice that is always there: the language, the care mode, show the numbers.
import QtQuick
import QtQuick.Templates as T

T.Button {
    id: chip
    property string iconName
    property bool inverse: false
    implicitHeight: 96
    implicitWidth: row.implicitWidth + 56
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: text
    readonly property color foreground: inverse ? Theme.white : Theme.ink
    background: Item {
        Rectangle {
            anchors.fill: parent
            anchors.topMargin: 12
            anchors.bottomMargin: 12
            radius: height / 2
            color: chip.inverse ? (chip.down ? Theme.bluePressed : "transparent")
                               : (chip.down ? Theme.blueTint : Theme.card)
            border.width: chip.activeFocus ? 5 : 2
            border.color: chip.activeFocus ? Theme.focus : chip.inverse ? "#6C93BC" : Theme.line
        }
    }
    contentItem: Item {
        implicitWidth: row.implicitWidth
        Row {
            id: row
            anchors.centerIn: parent
            spacing: 14
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: chip.iconName
                color: chip.foreground
                size: 34
            }
            Label {
                anchors.verticalCenter: parent.verticalCenter
                text: chip.text
                font.pixelSize: 30
                color: chip.foreground
                wrapMode: Text.NoWrap
                Accessible.ignored: true
            }
        }
    }
}
