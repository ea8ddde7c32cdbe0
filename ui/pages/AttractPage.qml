// Waits for somebody. Says what can be done here, and what cannot just now.
import QtQuick
import Kiosk
import "../components"

Item {
    id: page
    property var view: ({})

    MouseArea {
        anchors.fill: parent
        onClicked: Bridge.answer("start")
        Accessible.ignored: true
    }
    Column {
        id: words
        x: Theme.side
        y: Theme.wide ? 72 : 112
        width: Theme.wide ? 900 : parent.width - 2 * Theme.side
        spacing: 8
        Repeater {
            model: page.view.lines
            Label {
                required property string modelData
                width: words.width
                text: modelData
                font.pixelSize: Theme.elder ? 124 : 96
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 60
                font.bold: true
                wrapMode: Text.NoWrap
            }
        }
        Item { width: 1; height: 16 }
        Label {
            width: words.width
            text: page.view.lead || ""
            font.pixelSize: Theme.px(38)
            color: Theme.soft
        }
    }
    Image {
        readonly property int room: (note.visible ? note.y : start.y) - words.y - words.height - 80
        width: Theme.wide ? 700 : Math.min(600, room * 600 / 460)
        height: width * 460 / 600
        sourceSize: Qt.size(width, height)
        visible: Theme.wide || room > 200
        source: "image://icon/house"
        x: Theme.wide ? parent.width - width - 140 : (parent.width - width) / 2
        y: Theme.wide ? 60 : words.y + words.height + (room - height) / 2 + 40
        Accessible.ignored: true
    }
    Note {
        id: note
        x: Theme.side
        width: Theme.wide ? words.width + 120 : parent.width - 2 * Theme.side
        y: start.y - height - Theme.gap
        text: Bridge.notices
    }
    PushButton {
        id: start
        objectName: "start"
        x: Theme.side
        width: parent.width - 2 * Theme.side
        height: Theme.wide ? 144 : 168
        y: parent.height - height - 64
        primary: true
        size: Theme.px(54)
        text: page.view.start || ""
        onClicked: Bridge.answer("start")
    }
}
