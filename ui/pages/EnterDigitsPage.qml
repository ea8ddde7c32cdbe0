// Asks for the digits of a card's or a telephone's number, which stand in groups, with a keypad. The
// citizen presses confirm.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property EnterDigitsContent shown: view as EnterDigitsContent
    title: shown.title
    lead: shown.wrong.length > 0 ? "" : shown.lead
    property string typed: ""
    readonly property bool complete: typed.length >= shown.least
    readonly property int otherRoom: Theme.wide || shown.other.length === 0 ? 0 : 128

    function push(key: string) { if (typed.length < shown.most) typed += key }
    function send() { if (complete) CurrentPage.answer(typed) }
    // The digits in groups: 12300000003 becomes 123 0000 0003.
    function grouped(digits: string): string {
        const parts = []
        for (let at = 0, size = shown.first; at < digits.length; size = 4) {
            parts.push(digits.slice(at, at + size))
            at += size
        }
        return parts.join(" ")
    }

    // The window keeps the page when the next step asks for digits too: its citizen types anew.
    Connections {
        target: CurrentPage
        function onPageShown() { page.typed = "" }
    }

    focus: true
    Keys.onPressed: event => {
        if (event.text.length === 1 && event.text >= "0" && event.text <= "9") push(event.text)
        else if (event.key === Qt.Key_Backspace) typed = typed.slice(0, -1)
        else return
        event.accepted = true
    }

    Rectangle {
        id: box
        width: parent.width
        height: Theme.wide ? 128 : label.height + value.height + 32
        radius: Theme.radius
        color: Theme.card
        border.width: 5
        border.color: Theme.blue
        Label {
            id: label
            x: 36
            y: Theme.wide ? 8 : 14
            width: box.width - 72
            text: page.shown.label
            font.pixelSize: Theme.wide ? Theme.small : Theme.row
            color: Theme.soft
            lineHeight: 0.9
            Accessible.ignored: true   // the number says both
        }
        Label {
            id: value
            x: 36
            y: Theme.wide ? box.height - height - 4 : label.y + label.height
            width: box.width - 72
            height: shape.height
            text: page.grouped(page.typed)
            readonly property int largest: Theme.wide ? 52 : 72
            font.pixelSize: Math.min(largest, Math.floor(largest * width / (shape.advanceWidth + 1)))
            font.bold: true
            wrapMode: Text.NoWrap
            Accessible.role: Accessible.StaticText
            Accessible.name: page.shown.label + " " + text
            TextMetrics {
                id: shape
                font.pixelSize: value.largest
                font.bold: true
                text: page.grouped("0".repeat(page.shown.most))
            }
        }
    }
    Note {
        id: wrong
        parent: Theme.wide && !Theme.lowered ? page.asideItem : page.bodyItem
        y: parent === page.asideItem ? 12 : box.height + 16
        width: parent.width
        text: page.shown.wrong
        tone: "bad"
        icon: "refused"
        size: Theme.row
        most: parent === page.asideItem ? page.asideHeight - 12 : pad.y - y - 16 - page.otherRoom
    }
    PushButton {
        objectName: "other"
        // Upright: above the keypad. Wide: in the foot, as far as the keypad.
        parent: Theme.wide ? page.footItem : page.bodyItem
        y: Theme.wide ? 0 : pad.y - height - 24
        width: Theme.wide ? page.asideWidth - (Theme.elder ? 280 : 232) - Theme.gap : 420
        height: Theme.wide ? Theme.touch : 104
        visible: text.length > 0
        text: page.shown.other
        size: Theme.big(32)
        onClicked: CurrentPage.answer("other")
    }
    Keypad {
        id: pad
        width: parent.width
        readonly property int lower: parent.height + (Theme.wide && Theme.lowered ? Theme.gap + Theme.touch : 0)
        readonly property int upper: Math.max(page.low, box.height + 24) + page.otherRoom
        height: Math.min(lower - upper, 4 * 168 + 72)
        y: lower - height
        fourth: Theme.wide
        complete: page.complete
        confirm: page.shown.confirm
        clears: true
        onCleared: page.typed = ""
        onDigit: value => page.push(value)
        onErase: page.typed = page.typed.slice(0, -1)
        onConfirmed: page.send()
    }
    foot: PushButton {
        objectName: "confirm"
        visible: !Theme.wide
        width: parent.width
        primary: true
        available: page.complete
        text: page.shown.confirm
        onClicked: page.send()
    }
}
