// Who comes: the list of personas.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Kiosk.Desk
import "../components"

Panel {
    id: people
    required property DeskHand hand
    title: qsTr("来办事的人")
    icon: "face"
    ListView {
        id: list
        anchors.fill: parent
        anchors.leftMargin: -8
        anchors.rightMargin: -8
        clip: true
        spacing: 2
        boundsBehavior: Flickable.StopAtBounds
        reuseItems: false
        model: people.hand.persons
        delegate: T.Button {
            id: row
            required property DeskPerson modelData
            readonly property bool chosen: modelData.chosen
            objectName: "person." + modelData.key
            width: list.width
            height: Math.max(46, purpose.implicitHeight + 16)
            focusPolicy: Qt.TabFocus
            Accessible.role: Accessible.ListItem
            Accessible.name: modelData.key + " " + modelData.name + " " + modelData.purpose
            Accessible.selected: chosen
            onClicked: people.hand.choose(modelData.key)
            background: Rectangle {
                radius: 8
                color: row.chosen ? Theme.blueTint : row.hovered ? "#F6F8FA" : Theme.card
                border.width: row.visualFocus ? 3 : 0
                border.color: Theme.focus
            }
            contentItem: Item {
                Label {
                    x: 10
                    anchors.verticalCenter: parent.verticalCenter
                    width: 36
                    text: row.modelData.key
                    font.pixelSize: 13
                    font.bold: true
                    color: row.chosen ? Theme.blue : Theme.soft
                    wrapMode: Text.NoWrap
                    Accessible.ignored: true
                }
                Label {
                    x: 48
                    anchors.verticalCenter: parent.verticalCenter
                    width: 64
                    text: row.modelData.name
                    font.pixelSize: 15
                    font.bold: true
                    fontSizeMode: Text.HorizontalFit
                    minimumPixelSize: 11
                    wrapMode: Text.NoWrap
                    Accessible.ignored: true
                }
                Label {
                    id: purpose
                    x: 116
                    anchors.verticalCenter: parent.verticalCenter
                    width: parent.width - x - 10
                    text: row.modelData.purpose
                    font.pixelSize: 13
                    color: row.chosen ? Theme.ink : Theme.soft
                    maximumLineCount: 2
                    elide: Text.ElideRight
                    Accessible.ignored: true
                }
            }
        }
    }
    ScrollMark { view: list; anchors.rightMargin: -4 }
}
