// The sealed document as it will come out.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    pressable: false
    property int sheet: 0
    readonly property var actions: view.actions || []
    Rectangle {
        id: paper
        anchors.horizontalCenter: parent.horizontalCenter
        height: parent.height - (turner.visible ? turner.height + Theme.gap : 0)
        width: Math.min(parent.width, Math.round(height / 1.4142))
        color: "#FFFFFF"
        border.color: Theme.line
        border.width: 1
        Image {
            anchors.fill: parent
            anchors.margins: 1
            fillMode: Image.PreserveAspectFit
        asynchronous: true
            sourceSize.width: paper.width - 2
            source: "image://paper/" + Bridge.ticket + "/" + page.sheet
            Accessible.role: Accessible.Graphic
            Accessible.name: page.title
        }
    }
    Row {
        id: turner
        visible: (page.view.pages || 1) > 1
        y: parent.height - height
        anchors.horizontalCenter: parent.horizontalCenter
        spacing: Theme.gap
        PushButton {
            height: 104; sleepy: false
            text: qsTr("上一页"); iconName: "up"
            available: page.sheet > 0
            onClicked: page.sheet -= 1
        }
        PushButton {
            height: 104; sleepy: false
            text: qsTr("下一页"); iconName: "down"
            available: page.sheet < (page.view.pages || 1) - 1
            onClicked: page.sheet += 1
        }
    }
    foot: ActionRow {
        width: parent.width
        model: page.actions
        primaryLast: true
    }
}
