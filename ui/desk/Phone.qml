// The citizen's phone: the newest message with its code in large; in a low panel only the code.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk
import "../components"

Panel {
    id: phone
    required property DeskCentre centre
    readonly property DeskMessage newest: centre.messages[0]
    readonly property bool rang: newest.code.length > 0
    readonly property bool low: height < 120
    title: qsTr("手机")
    icon: "phone"
    extra: Label {
        objectName: phone.low ? "code" : ""
        visible: phone.low
        height: 36
        text: phone.rang ? phone.newest.code : phone.nothing
        font.pixelSize: phone.rang ? 30 : 14
        font.bold: phone.rang
        font.letterSpacing: phone.rang ? 4 : 0
        color: phone.rang ? Theme.jade : Theme.faint
        wrapMode: Text.NoWrap
        verticalAlignment: Text.AlignVCenter
    }
    readonly property string nothing: centre.there ? qsTr("还没有短信") : qsTr("没有连接模拟中心")
    Label {
        visible: !phone.rang && !phone.low
        anchors.centerIn: parent
        text: phone.nothing
        font.pixelSize: 14
        color: Theme.faint
    }
    Column {
        visible: phone.rang && !phone.low
        width: parent.width
        spacing: 6
        Rectangle {
            width: parent.width
            height: 108
            radius: 12
            color: Theme.jadeTint
            Label {
                objectName: "code"
                anchors.horizontalCenter: parent.horizontalCenter
                y: 8
                text: phone.newest.code
                font.pixelSize: 48
                font.bold: true
                font.letterSpacing: 8
                color: Theme.jade
                wrapMode: Text.NoWrap
            }
            Label {
                objectName: "message"
                anchors { horizontalCenter: parent.horizontalCenter; bottom: parent.bottom; bottomMargin: 10 }
                text: phone.newest.at + "  " + phone.newest.to
                font.pixelSize: 13
                color: Theme.soft
                wrapMode: Text.NoWrap
            }
        }
        Label {
            width: parent.width
            visible: phone.height > 250
            text: phone.newest.text
            font.pixelSize: 13
            lineHeight: 1.15
            maximumLineCount: 3
            elide: Text.ElideRight
        }
        Repeater {
            model: phone.centre.messages
            Label {
                required property DeskMessage modelData
                required property int index
                objectName: "message." + index
                visible: index > 0 && modelData.code.length > 0 && phone.height > 250
                width: parent.width
                text: modelData.at + "  " + modelData.code + "  " + modelData.to
                font.pixelSize: 12
                color: Theme.faint
                wrapMode: Text.NoWrap
                elide: Text.ElideRight
            }
        }
    }
}
