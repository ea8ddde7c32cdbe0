// Are you still there? A visible countdown, and one big way to go on.
import QtQuick
import Kiosk

Rectangle {
    id: veil
    visible: Bridge.secondsLeft > 0
    color: "#B814243A"
    Accessible.role: Accessible.Dialog
    Accessible.name: qsTr("您还在吗？")
    MouseArea {
        anchors.fill: parent
        Accessible.ignored: true
    }
    Card {
        width: Math.min(parent.width - 2 * Theme.side, 900)
        height: words.height + 2 * Theme.inset
        x: (parent.width - width) / 2
        y: Theme.wide ? (parent.height - height) / 2 : parent.height - height - 220
        Column {
            id: words
            x: Theme.inset
            y: Theme.inset
            width: parent.width - 2 * Theme.inset
            spacing: 24
            Label {
                width: parent.width
                text: qsTr("您还在吗？")
                font.pixelSize: Theme.title
                font.bold: true
                horizontalAlignment: Text.AlignHCenter
            }
            Label {
                width: parent.width
                text: Bridge.secondsLeft
                font.pixelSize: Theme.px(140)
                font.bold: true
                color: Theme.blue
                horizontalAlignment: Text.AlignHCenter
            }
            Label {
                width: parent.width
                text: qsTr("秒后返回首页，您的信息会清除")
                font.pixelSize: Theme.lead
                color: Theme.soft
                horizontalAlignment: Text.AlignHCenter
            }
            PushButton {
                objectName: "stay"
                width: parent.width
                primary: true
                sleepy: false
                text: qsTr("继续办理")
                onClicked: Bridge.stay()
            }
            PushButton {
                width: parent.width
                sleepy: false
                text: qsTr("退出")
                iconName: "leave"
                onClicked: Bridge.leave()
            }
        }
    }
}
