// One paper in large, over the whole window; a click or Esc closes it.
pragma ComponentBehavior: Bound
import QtQuick
import "../components"

Rectangle {
    id: large
    objectName: "large"
    property string name
    signal clicked()
    visible: name.length > 0
    focus: visible
    color: "#E60B1728"

    function show(paper: string): void { name = paper; sheet.contentY = 0; forceActiveFocus() }
    onClicked: name = ""
    Keys.onEscapePressed: name = ""

    MouseArea {
        anchors.fill: parent
        hoverEnabled: true
        onClicked: large.clicked()
    }
    Flickable {
        id: sheet
        anchors { fill: parent; margins: 24; bottomMargin: 56 }
        contentWidth: width
        contentHeight: Math.max(height, image.height)
        clip: true
        Image {
            id: image
            anchors.horizontalCenter: parent.horizontalCenter
            y: Math.max(0, (sheet.height - height) / 2)
            width: Math.min(implicitWidth, sheet.width)
            height: implicitWidth > 0 ? implicitHeight * width / implicitWidth : 0
            source: large.visible ? "image://out/" + large.name : ""
            Accessible.ignored: true
        }
        MouseArea {
            width: sheet.width
            height: sheet.contentHeight
            onClicked: large.clicked()
        }
    }
    Label {
        anchors { horizontalCenter: parent.horizontalCenter; bottom: parent.bottom; bottomMargin: 16 }
        text: qsTr("点任意处或按 Esc 关闭")
        font.pixelSize: 14
        color: Theme.whiteSoft
    }
}
