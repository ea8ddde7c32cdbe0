// A small switch on every page: the language, the care mode, the contrast, the eye.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T

T.Button {
    id: chip
    property string iconName
    property string name: text        // the words of a screen reader
    property bool inverse: false
    implicitHeight: Theme.least
    implicitWidth: Math.max(Theme.least, row.implicitWidth + (Theme.elder ? 44 : 56))
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: name
    readonly property color foreground: inverse ? Theme.white : Theme.ink
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    background: Item {
        Rectangle {
            anchors.fill: parent
            anchors.topMargin: 10
            anchors.bottomMargin: 10
            radius: height / 2
            color: chip.inverse ? (chip.down ? Theme.bluePressed : "transparent")
                               : (chip.down ? Theme.blueTint : Theme.card)
            border.width: chip.activeFocus ? 6 : 3
            border.color: chip.activeFocus ? (chip.inverse ? Theme.white : Theme.focus) : chip.inverse ? Theme.blueEdge : chip.down ? Theme.blue : Theme.edge
        }
    }
    contentItem: Item {
        implicitWidth: row.implicitWidth
        Row {
            id: row
            anchors.centerIn: parent
            spacing: label.visible ? 14 : 0
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: chip.iconName
                color: chip.foreground
                size: Theme.elder ? 40 : 36
            }
            Label {
                id: label
                anchors.verticalCenter: parent.verticalCenter
                visible: text.length > 0
                text: chip.text
                font.pixelSize: Theme.elder ? 34 : 30
                color: chip.foreground
                wrapMode: Text.NoWrap
                Accessible.ignored: true
            }
        }
    }
}
