// Six boxes and a keypad. The sixth digit does not send the code: the citizen presses confirm.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property EnterCodeContent shown: view as EnterCodeContent
    title: shown.title
    property string code: ""
    property int wait: 0
    readonly property int length: shown.length
    readonly property string wrong: shown.wrong
    readonly property bool long: wrong.length > 60
    lead: long ? "" : shown.lead
    property int ticket: -1
    // Another language words the same step anew: what was typed stays.
    onShownChanged: {
        wait = shown.resendAfter
        if (ticket !== CurrentPage.ticket) code = ""
        ticket = CurrentPage.ticket
    }

    function push(digit) { if (code.length < length) code += digit }
    function send() { if (code.length === length) CurrentPage.answer(code) }

    focus: true
    Keys.onPressed: event => {
        if (event.text >= "0" && event.text <= "9" && event.text.length === 1) push(event.text)
        else if (event.key === Qt.Key_Backspace) code = code.slice(0, -1)
        else return
        event.accepted = true
    }

    Timer {
        interval: 1000
        repeat: true
        running: page.wait > 0
        onTriggered: page.wait -= 1
    }

    Row {
        id: boxes
        spacing: 20
        readonly property int box: Math.min(Theme.wide ? 176 : 144, (parent.width - 5 * spacing) / 6)
        Accessible.role: Accessible.StaticText
        Accessible.name: qsTr("已输入 %1 位").arg(page.code.length)
        Repeater {
            model: page.length
            Rectangle {
                required property int index
                width: boxes.box
                height: Theme.wide ? 112 : 132
                radius: 20
                color: Theme.card
                border.width: index === page.code.length ? 6 : 3
                border.color: index === page.code.length ? Theme.blue : Theme.edge
                Label {
                    anchors.centerIn: parent
                    text: page.shown.secret && parent.index < page.code.length ? "●" : page.code.charAt(parent.index)
                    font.pixelSize: 64
                    font.bold: true
                    Accessible.ignored: true
                }
            }
        }
    }
    Column {
        id: words
        parent: Theme.wide && !Theme.lowered ? page.asideItem : page.bodyItem
        y: parent === page.asideItem ? 12 : boxes.height + 20
        width: parent.width
        spacing: 12
        Note {
            width: parent.width
            text: page.long ? "" : page.wrong
            tone: "bad"
            icon: "refused"
            size: Theme.row
            most: !Theme.wide ? 0 : words.parent === page.asideItem ? page.asideHeight - resend.height - 36
                : pad.y - words.y - 12
        }
        Label {       // a long reason needs the room of the note's icon and rim
            width: parent.width
            visible: page.long
            text: page.wrong
            color: Theme.red
            font.bold: true
            font.pixelSize: 34
            lineHeight: 0.9
            Accessible.role: Accessible.AlertMessage
        }
        Label {
            width: parent.width
            visible: page.wrong.length === 0
            text: page.shown.help
            font.pixelSize: Theme.small
            color: Theme.soft
            lineHeight: 0.9
        }
    }
    PushButton {
        id: resend
        objectName: "resend"
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? page.asideHeight - height : pad.y - height - 24
        width: Theme.wide ? parent.width : Math.max(implicitWidth, 420)
        height: 104
        available: page.wait === 0
        text: page.wait === 0 ? page.shown.resend
                              : page.shown.resendIn.arg(page.wait)
        size: Theme.big(32)
        iconName: "again"
        visible: page.shown.resend.length > 0
        onClicked: CurrentPage.answer("resend")
    }
    PushButton {
        objectName: "other"
        // Upright: beside the resend button. Wide: in the foot, as far as the keypad.
        parent: Theme.wide ? page.footItem : page.bodyItem
        readonly property bool alone: page.shown.resend.length === 0
        x: Theme.wide || alone ? 0 : resend.width + 24
        y: Theme.wide ? 0 : resend.y
        width: Theme.wide ? page.asideWidth - (Theme.elder ? 280 : 232) - Theme.gap : alone ? 420 : parent.width - x
        height: Theme.wide ? Theme.touch : 104
        visible: text.length > 0
        text: page.shown.other
        size: Theme.big(32)
        onClicked: CurrentPage.answer("other")
    }
    Keypad {
        id: pad
        width: parent.width
        // Upright: below the resend button. Wide and lowered: down to the bottom, beside the foot.
        readonly property int lower: parent.height + (Theme.wide && Theme.lowered ? Theme.gap + Theme.touch : 0)
        readonly property int upper: page.low + (Theme.wide ? 0 : resend.height + 24)
        height: Math.min(lower - Math.max(upper, Theme.wide ? boxes.height + 28 : words.y + words.height + 152), 4 * 168 + 72)
        y: lower - height
        fourth: Theme.wide
        complete: page.code.length === page.length
        confirm: page.shown.confirm
        clears: true
        onCleared: page.code = ""
        onDigit: value => page.push(value)
        onErase: page.code = page.code.slice(0, -1)
        onConfirmed: page.send()
    }
    foot: PushButton {
        objectName: "confirm"
        visible: !Theme.wide
        width: parent.width
        primary: true
        available: page.code.length === page.length
        text: page.shown.confirm
        onClicked: page.send()
    }
}
