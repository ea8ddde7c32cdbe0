// Covers the page when the citizen seems to have gone away; a touch anywhere brings the page back.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk

Rectangle {
    visible: IdleClock.covered && !CurrentPage.blankScreen
    color: Theme.paper
    Accessible.role: Accessible.Dialog
    Accessible.name: qsTr("页面已遮住")
    onVisibleChanged: if (visible) back.forceActiveFocus(Qt.OtherFocusReason)
    MouseArea {
        anchors.fill: parent
        Accessible.ignored: true
    }
    Column {
        x: Theme.side
        y: (parent.height - height) / 2 - (Theme.wide ? 60 : 120)
        width: parent.width - 2 * Theme.side
        spacing: 24
        Label {
            width: parent.width
            text: qsTr("页面已遮住")
            font.pixelSize: Theme.title
            font.bold: true
            horizontalAlignment: Text.AlignHCenter
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            text: qsTr("触摸屏幕，回到刚才的页面")
            font.pixelSize: Theme.big(40)
            horizontalAlignment: Text.AlignHCenter
        }
        Label {
            width: parent.width
            text: qsTr("%1 秒后结束办理，您的信息会清除").arg(IdleClock.coveredLeft)
            font.pixelSize: Theme.lead
            color: Theme.soft
            horizontalAlignment: Text.AlignHCenter
        }
    }
    PushButton {
        id: back
        objectName: "uncover"
        x: (parent.width - width) / 2
        y: parent.height - height - Theme.foot - (Theme.lowered || Theme.wide ? 0 : 120)
        width: Math.min(parent.width - 2 * Theme.side, 900)
        primary: true
        sleepy: false
        text: qsTr("继续办理")
        onClicked: IdleClock.stay()
    }
}
