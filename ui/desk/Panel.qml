// A framed part of the desk: icon, title, state in a word, and content.
pragma ComponentBehavior: Bound
import QtQuick
import "../components"

Rectangle {
    id: panel
    property string title
    property string icon
    property string word              // the state; empty: no badge
    property string tone: "good"
    property string line              // the details, small
    property alias extra: extraRow.data
    default property alias content: body.data
    readonly property int bodyTop: lineText.visible ? 66 : 52
    property int bodyHeight: body.childrenRect.height
    implicitHeight: bodyTop + bodyHeight + 14
    color: Theme.card
    radius: 14
    border.color: Theme.line

    Icon {
        id: sign
        x: 16
        y: 14
        name: panel.icon
        size: 22
    }
    Label {
        id: titleText
        x: 46
        anchors.verticalCenter: sign.verticalCenter
        text: panel.title
        font.pixelSize: 16
        font.bold: true
        wrapMode: Text.NoWrap
        Accessible.role: Accessible.Heading
    }
    Rectangle {
        id: badge
        visible: panel.word.length > 0
        anchors { left: titleText.right; leftMargin: 10; verticalCenter: sign.verticalCenter }
        width: wordText.implicitWidth + 20
        height: 24
        radius: 12
        color: Theme.toneTint(panel.tone)
        Label {
            id: wordText
            objectName: panel.objectName + ".word"
            anchors.centerIn: parent
            text: panel.word
            font.pixelSize: 13
            font.bold: true
            color: Theme.toneColor(panel.tone)
            wrapMode: Text.NoWrap
        }
    }
    Row {
        id: extraRow
        anchors { right: parent.right; rightMargin: 10; verticalCenter: sign.verticalCenter }
        spacing: 4
    }
    Label {
        id: lineText
        objectName: panel.objectName + ".line"
        x: 46
        y: 40
        width: parent.width - 62
        visible: text.length > 0
        text: panel.line
        font.pixelSize: 12
        color: Theme.soft
        wrapMode: Text.NoWrap
        elide: Text.ElideRight
    }
    Item {
        id: body
        x: 16
        y: panel.bodyTop
        width: parent.width - 32
        height: panel.height - y - 14
    }
}
