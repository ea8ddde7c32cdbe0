// The citizen's phone: the newest message with its code in large, and, while a terminal shows a code
// for it, what it is asked to agree to. In a low panel only the code, or the two digits.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk
import "../components"

Panel {
    id: phone
    required property Desk desk
    readonly property DeskCentre centre: desk.centre
    readonly property DeskMessage newest: centre.messages[0]
    readonly property bool rang: newest.code.length > 0
    readonly property bool low: height < 120
    readonly property bool asked: centre.asks.length > 0
    // Where there is no room for both, what the phone is asked goes before its messages.
    readonly property bool reads: !low && (!asked || height > 250)
    title: qsTr("手机")
    icon: "phone"
    extra: [Label {
        objectName: phone.low ? "code" : ""
        visible: phone.low && !phone.asked
        height: 36
        text: phone.rang ? phone.newest.code : phone.nothing
        font.pixelSize: phone.rang ? 30 : 14
        font.bold: phone.rang
        font.letterSpacing: phone.rang ? 4 : 0
        color: phone.rang ? Theme.jade : Theme.faint
        wrapMode: Text.NoWrap
        verticalAlignment: Text.AlignVCenter
    }, PhoneAsks {
        visible: phone.low && phone.asked
        desk: phone.desk
        brief: true
    }]
    readonly property string nothing: centre.there ? qsTr("还没有短信") : qsTr("没有连接模拟中心")
    Label {
        visible: !phone.rang && !phone.low && !phone.asked
        anchors.centerIn: parent
        text: phone.nothing
        font.pixelSize: 14
        color: Theme.faint
    }
    PhoneAsks {
        id: asks
        visible: phone.asked && !phone.low
        width: parent.width
        desk: phone.desk
    }
    Column {
        visible: phone.rang && phone.reads
        y: asks.visible ? asks.height + 12 : 0
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
            visible: phone.height > 250 && !phone.asked
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
                visible: index > 0 && modelData.code.length > 0 && phone.height > 250 && !phone.asked
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
