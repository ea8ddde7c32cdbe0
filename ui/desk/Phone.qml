// The citizen's phone: the newest message, its code large; on little room the code alone.
import QtQuick
import "../components"

Panel {
    id: phone
    required property var desk
    readonly property var messages: desk.messages
    readonly property var newest: messages.length > 0 ? messages[0] : null
    readonly property bool low: height < 120
    title: desk.words["phone"]
    icon: "phone"
    extra: Label {
        objectName: phone.low ? "code" : ""
        visible: phone.low
        height: 36
        text: phone.newest ? phone.newest.code : phone.nothing
        font.pixelSize: phone.newest ? 30 : 14
        font.bold: !!phone.newest
        font.letterSpacing: phone.newest ? 4 : 0
        color: phone.newest ? Theme.jade : Theme.faint
        wrapMode: Text.NoWrap
        verticalAlignment: Text.AlignVCenter
    }
    readonly property string nothing: desk.words[desk.centre.there ? "no message" : "no centre"]
    Label {
        visible: !phone.newest && !phone.low
        anchors.centerIn: parent
        text: phone.nothing
        font.pixelSize: 14
        color: Theme.faint
    }
    Column {
        visible: !!phone.newest && !phone.low
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
                text: phone.newest ? phone.newest.code : ""
                font.pixelSize: 48
                font.bold: true
                font.letterSpacing: 8
                color: Theme.jade
                wrapMode: Text.NoWrap
            }
            Label {
                anchors { horizontalCenter: parent.horizontalCenter; bottom: parent.bottom; bottomMargin: 10 }
                text: phone.newest ? phone.newest.at + "  " + phone.newest.to : ""
                font.pixelSize: 13
                color: Theme.soft
                wrapMode: Text.NoWrap
            }
        }
        Label {
            width: parent.width
            visible: phone.height > 250
            text: phone.newest ? phone.newest.text : ""
            font.pixelSize: 13
            lineHeight: 1.15
            maximumLineCount: 3
            elide: Text.ElideRight
        }
        Repeater {
            model: phone.height > 250 ? phone.messages.slice(1) : []
            Label {
                required property var modelData
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
