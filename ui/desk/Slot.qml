// The slot of a printer: its papers side by side, newest first. A click on one shows it in large.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk
import "../components"

Item {
    id: slot
    required property DeskTray tray
    property string title
    property string takeText
    property int thumbWidth: 120
    signal looked(string name)

    Label {
        text: slot.title + (slot.tray.papers.length > 0 ? "  " + slot.tray.papers.length : "")
        font.pixelSize: 14
        font.bold: true
        color: Theme.soft
        wrapMode: Text.NoWrap
        anchors.verticalCenter: takeButton.verticalCenter
    }
    DeskButton {
        id: takeButton
        objectName: slot.objectName + ".take"
        anchors.right: parent.right
        anchors.rightMargin: -6
        quiet: true
        enabled: slot.tray.papers.length > 0
        text: slot.takeText
        onClicked: slot.tray.take()
    }
    Rectangle {
        y: 34
        width: parent.width
        height: parent.height - y
        radius: 10
        color: Theme.paper
        Label {
            anchors.centerIn: parent
            visible: slot.tray.papers.length === 0
            text: qsTr("还没有")
            font.pixelSize: 13
            color: Theme.faint
        }
        ListView {
            anchors { fill: parent; margins: 10 }
            orientation: ListView.Horizontal
            boundsBehavior: Flickable.StopAtBounds
            spacing: 10
            clip: true
            model: slot.tray.papers
            delegate: Item {
                id: paper
                required property string modelData
                required property int index
                width: slot.thumbWidth
                height: ListView.view.height
                Accessible.role: Accessible.Button
                Accessible.name: slot.title + " " + (slot.tray.papers.length - index)
                objectName: slot.objectName + "." + index
                signal clicked()
                onClicked: slot.looked(modelData)
                Rectangle {
                    anchors { fill: picture; margins: -1 }
                    color: Theme.white
                    border.color: hover.hovered ? Theme.blue : Theme.line
                }
                // As wide as the slot; the lower end of a long paper is cut off.
                Item {
                    id: picture
                    width: paper.width
                    height: Math.min(paper.height, image.height)
                    clip: true
                    Image {
                        id: image
                        width: parent.width
                        fillMode: Image.PreserveAspectFit
                        sourceSize.width: slot.thumbWidth * Screen.devicePixelRatio
                        source: "image://out/" + paper.modelData
                        Accessible.ignored: true
                    }
                }
                HoverHandler { id: hover; cursorShape: Qt.PointingHandCursor }
                TapHandler { onTapped: paper.clicked() }
            }
        }
    }
}
