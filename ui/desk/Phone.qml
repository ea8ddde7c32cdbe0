// The citizen's phone: the newest message, its code large.
import QtQuick
import "../components"

Panel {
    id: phone
    required property var desk
    readonly property var newest: desk.phone.newest
    title: desk.words["phone"]
    icon: "phone"
    Label {
        visible: !phone.newest
        anchors.centerIn: parent
        text: phone.desk.words[phone.desk.centre.there ? "no message" : "no centre"]
        font.pixelSize: 14
        color: Theme.faint
    }
    Column {
        visible: !!phone.newest
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
            model: phone.height > 250 ? phone.desk.phone.older : []
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
