// The first page: names the services, and waits until a citizen touches the screen.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

BarePage {
    id: page
    readonly property AttractContent shown: view as AttractContent
    leave: !Theme.wide  // lowered and wide, the switches stand beside the button
    readonly property bool faulty: CurrentPage.notices.length > 0
    readonly property bool noted: faulty || CurrentPage.bulletins.length > 0
    // How far the switches of the lowered layout reach up from the foot.
    readonly property int switches: Theme.lowered && !Theme.wide ? Theme.least + Theme.gap : 0
    readonly property int noteTop: note.visible ? note.y : bulletins.visible ? bulletins.y : start.y
    readonly property int lineSize: Theme.wide ? (noted ? (Theme.elder ? 64 : 76) : Theme.elder ? 108 : 96)
                                               : Theme.elder && !noted ? 112 : 96

    MouseArea {
        anchors.fill: parent
        onClicked: CurrentPage.answer("start")
        Accessible.ignored: true
    }
    Column {
        id: words
        x: Theme.side
        y: Theme.wide ? (page.noted ? 28 : 72) : page.noted ? 64 : 112
        width: Theme.wide ? 1060 : parent.width - 2 * Theme.side
        spacing: 0
        Repeater {
            model: page.shown.lines
            Label {
                required property string modelData
                width: words.width
                text: modelData
                font.pixelSize: page.shown.fault ? Theme.title : page.lineSize
                font.bold: true
                wrapMode: page.shown.fault ? Text.Wrap : Text.NoWrap
                Accessible.role: Accessible.Heading
            }
        }
        Item { width: 1; height: 12 }
        Label {
            width: words.width
            text: page.shown.lead
            font.pixelSize: Theme.px(36)
            color: Theme.soft
            lineHeight: 0.9
        }
    }
    Image {
        id: house
        readonly property int room: page.noteTop - (Theme.wide ? 0 : words.y + words.height) - 80
        height: Math.floor(Math.min(Theme.wide ? 540 : 460, room))
        width: Math.floor(height * 600 / 460)
        sourceSize: Qt.size(Math.max(1, width), Math.max(1, height))
        visible: room > 200
        source: "image://icon/house"
        x: Theme.wide ? parent.width - width - Theme.side - Math.max(0, (740 - width) / 2) : (parent.width - width) / 2
        y: Theme.wide ? (room - height) / 2 + 40 : words.y + words.height + (room - height) / 2 + 40
        Accessible.ignored: true
    }
    Note {
        id: note
        x: Theme.side
        width: parent.width - 2 * Theme.side
        y: (bulletins.visible ? bulletins.y : start.y - page.switches) - height - Theme.gap
        most: (bulletins.visible ? bulletins.y : start.y - page.switches) - words.y - words.height - 2 * Theme.gap
        text: CurrentPage.notices
    }
    Bulletins {
        id: bulletins
        x: Theme.side
        width: parent.width - 2 * Theme.side
        y: start.y - page.switches - height - Theme.gap
        texts: CurrentPage.bulletins
        // A trouble of this terminal comes first where there is not room for both.
        readonly property int room: start.y - page.switches - words.y - words.height - 3 * Theme.gap
        visible: wanted && (!page.faulty || note.natural + natural <= room)
    }
    PushButton {
        id: without
        objectName: "public"
        x: Theme.lowered && Theme.wide ? 720 : Theme.side
        width: Theme.wide ? 440 : 340
        height: start.height
        y: start.y
        size: Theme.big(34)
        text: page.shown.public
        onClicked: CurrentPage.answer("public")
    }
    PushButton {
        id: start
        objectName: "start"
        x: without.x + without.width + Theme.gap
        width: parent.width - x - Theme.side
        height: Theme.lowered ? Theme.touch : Theme.wide ? 148 : 168
        y: parent.height - height - Theme.foot
        primary: true
        size: Theme.big(54)
        text: page.shown.start
        onClicked: CurrentPage.answer("start")
    }
}
