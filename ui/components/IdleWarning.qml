// Asks an idle citizen “Are you still there?”, with a countdown and one large button to go on.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk

Rectangle {
    visible: IdleClock.secondsLeft > 0
    color: "#B814243A"
    Accessible.role: Accessible.Dialog
    Accessible.name: qsTr("您还在吗？")
    onVisibleChanged: if (visible) stay.forceActiveFocus(Qt.OtherFocusReason)
    MouseArea {
        anchors.fill: parent
        Accessible.ignored: true
    }
    Card {
        width: Math.min(parent.width - 2 * Theme.side, Theme.wide ? 1100 : 900)
        height: words.height + 2 * Theme.inset
        x: (parent.width - width) / 2
        y: Theme.wide ? (parent.height - height) / 2 : parent.height - height - 220
        Column {
            id: words
            x: Theme.inset
            y: Theme.inset
            width: parent.width - 2 * Theme.inset
            spacing: 20
            Label {
                width: parent.width
                text: qsTr("您还在吗？")
                font.pixelSize: Theme.title
                font.bold: true
                horizontalAlignment: Text.AlignHCenter
                Accessible.role: Accessible.Heading
            }
            Label {
                width: parent.width
                text: IdleClock.secondsLeft
                font.pixelSize: Theme.big(140)
                font.bold: true
                color: Theme.blue
                horizontalAlignment: Text.AlignHCenter
                lineHeight: 0.9
            }
            Label {
                width: parent.width
                text: qsTr("秒后会遮住页面")
                font.pixelSize: Theme.lead
                color: Theme.soft
                horizontalAlignment: Text.AlignHCenter
            }
            Item { width: 1; height: 8 }
            Row {
                width: parent.width
                spacing: Theme.gap
                PushButton {
                    objectName: "leaveNow"
                    width: (parent.width - Theme.gap) * 0.4
                    sleepy: false
                    text: qsTr("退出")
                    iconName: "leave"
                    onClicked: CurrentPage.leave()
                }
                PushButton {
                    id: stay
                    objectName: "stay"
                    width: (parent.width - Theme.gap) * 0.6
                    primary: true
                    sleepy: false
                    text: qsTr("继续办理")
                    onClicked: IdleClock.stay()
                }
            }
        }
    }
}
