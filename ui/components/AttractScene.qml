// The picture of the attract page, from plain data: who shows it hears of the two presses.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    id: scene
    property list<string> lines
    property string lead
    property bool fault: false
    property string start
    property string without           // the text of the button beside
    property string notices
    property string staff             // the text of the button beside the notices
    property list<string> bulletins
    property string clock
    property list<string> hours
    property string now
    property list<string> possible
    signal begun()
    signal askedWithout()
    signal askedForStaff()

    readonly property bool noted: notices.length > 0 || bulletins.length > 0
    readonly property bool crowded: noted || clock.length > 0
    // How far the switches of the lowered layout reach up from the foot.
    readonly property int switches: Theme.lowered && !Theme.wide ? Theme.least + Theme.gap : 0
    readonly property int footTop: startButton.y - switches
    readonly property int noteTop: note.visible ? note.y : board.visible ? board.y : footTop
    readonly property int sideWidth: 740     // wide, of what stands beside the words
    readonly property int cardTop: card.visible ? card.y : noteTop
    readonly property int lineSize: Theme.wide ? (noted ? (Theme.elder ? 64 : 76) : Theme.elder ? 108 : 96)
                                               : Theme.elder && !crowded ? 112 : 96

    MouseArea {
        anchors.fill: parent
        onClicked: scene.begun()
        Accessible.ignored: true
    }
    Column {
        id: words
        x: Theme.side
        y: Theme.wide ? (scene.noted ? 28 : 72) : scene.crowded ? 64 : 112
        width: Theme.wide ? 1060 : parent.width - 2 * Theme.side
        spacing: 0
        Repeater {
            model: scene.lines
            Label {
                required property string modelData
                width: words.width
                text: modelData
                font.pixelSize: scene.fault ? Theme.title : scene.lineSize
                font.bold: true
                wrapMode: scene.fault ? Text.Wrap : Text.NoWrap
                Accessible.role: Accessible.Heading
            }
        }
        Item { width: 1; height: 12 }
        Label {
            width: words.width
            text: scene.lead
            font.pixelSize: Theme.px(36)
            color: Theme.soft
            lineHeight: 0.9
        }
    }
    Image {
        id: house
        readonly property int room: scene.cardTop - (Theme.wide ? 48 : words.y + words.height + 80)
        height: Math.floor(Math.min(Theme.wide ? 540 : 460, room))
        width: Math.floor(height * 600 / 460)
        sourceSize: Qt.size(Math.max(1, width), Math.max(1, height))
        visible: room > (Theme.wide ? 140 : 200)
        source: "image://icon/house"
        x: Theme.wide ? parent.width - width - Theme.side - Math.max(0, (scene.sideWidth - width) / 2) : (parent.width - width) / 2
        y: Theme.wide ? (room - height) / 2 + 24 : words.y + words.height + (room - height) / 2 + 40
        Accessible.ignored: true
    }
    Possible {
        id: card
        width: Theme.wide ? scene.sideWidth : parent.width - 2 * Theme.side
        x: parent.width - width - Theme.side
        y: scene.noteTop - height - Theme.gap
        readonly property int room: scene.noteTop - Theme.gap - (Theme.wide ? Theme.gap : words.y + words.height + Theme.gap)
        visible: wanted && natural <= room
        clock: scene.clock
        hours: scene.hours
        title: scene.now
        texts: scene.possible
    }
    Note {
        id: note
        x: Theme.side
        width: parent.width - 2 * Theme.side - (scene.staff.length > 0 ? staffButton.width + Theme.gap : 0)
        y: (board.visible ? board.y : scene.footTop) - height - Theme.gap
        most: (board.visible ? board.y : scene.footTop) - words.y - words.height - 2 * Theme.gap
        text: scene.notices
    }
    PushButton {
        id: staffButton
        objectName: "staff"
        visible: scene.staff.length > 0 && note.visible
        width: Theme.elder ? 340 : 260
        height: Math.max(Theme.least, Math.min(note.height, Theme.touch))
        x: parent.width - width - Theme.side
        y: note.y + (note.height - height) / 2
        size: Theme.big(34)
        text: scene.staff
        onClicked: scene.askedForStaff()
    }
    Bulletins {
        id: board
        x: Theme.side
        width: parent.width - 2 * Theme.side
        y: scene.footTop - height - Theme.gap
        texts: scene.bulletins
        // A trouble of this terminal comes first where there is not room for both.
        readonly property int room: scene.footTop - words.y - words.height - 3 * Theme.gap
        visible: wanted && (!note.wanted || note.natural + natural <= room)
    }
    PushButton {
        id: withoutButton
        objectName: "public"
        x: Theme.lowered && Theme.wide ? 720 : Theme.side
        width: Theme.wide ? 440 : 340
        height: startButton.height
        y: startButton.y
        size: Theme.big(34)
        text: scene.without
        onClicked: scene.askedWithout()
    }
    PushButton {
        id: startButton
        objectName: "start"
        x: withoutButton.x + withoutButton.width + Theme.gap
        width: parent.width - x - Theme.side
        height: Theme.lowered ? Theme.touch : Theme.wide ? 148 : 168
        y: parent.height - height - Theme.foot
        primary: true
        size: Theme.big(54)
        text: scene.start
        onClicked: scene.begun()
    }
}
