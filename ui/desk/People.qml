// Who comes: the list of personas.
import QtQuick
import QtQuick.Templates as T
import "../components"

Panel {
    id: people
    required property var desk
    title: desk.words["people"]
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
        model: people.desk.people
        delegate: T.Button {
            id: row
            required property var modelData
            readonly property bool chosen: people.desk.chosen === modelData.id
            objectName: "person." + modelData.id
            width: list.width
            height: Math.max(46, purpose.implicitHeight + 16)
            focusPolicy: Qt.TabFocus
            Accessible.role: Accessible.ListItem
            Accessible.name: modelData.id + " " + modelData.name + " " + modelData.purpose
            Accessible.selected: chosen
            onClicked: people.desk.choose(modelData.id)
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
                    text: row.modelData.id
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
