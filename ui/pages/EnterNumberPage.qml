// Asks for a number within limits: its label, the rest that remains, and a keypad. The citizen presses
// confirm.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property EnterNumberContent shown: view as EnterNumberContent
    title: shown.title
    lead: shown.lead
    property string typed: ""
    readonly property real number: typed.length > 0 ? Number(typed) : 0
    readonly property bool tooLarge: number > shown.most
    readonly property bool complete: typed.length > 0 && !tooLarge && number >= shown.least

    function push(key: string) {
        const parts = typed.split(".")
        if (key === ".") {
            if (parts.length === 1 && shown.places > 0) typed = (typed || "0") + "."
        } else if (parts.length === 2 ? parts[1].length < shown.places : parts[0].length < 9) {
            typed = typed === "0" ? key : typed + key
        }
    }
    // The typed digits with commas: 14412.2 becomes 14,412.2.
    function grouped(text: string): string {
        if (!shown.grouped) return text
        const parts = text.split(".")
        parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",")
        return parts.join(".")
    }
    function send() { if (complete) CurrentPage.answer(typed.replace(/\.$/, "")) }

    // The window keeps the page when the next step asks for a number too: its citizen types anew.
    Connections {
        target: CurrentPage
        function onPageShown() { page.typed = "" }
    }

    focus: true
    Keys.onPressed: event => {
        if (event.text.length === 1 && event.text >= "0" && event.text <= "9" || event.text === ".") push(event.text)
        else if (event.key === Qt.Key_Backspace) typed = typed.slice(0, -1)
        else return
        event.accepted = true
    }

    Rectangle {
        id: box
        width: parent.width
        height: Theme.wide ? 128 : label.height + value.height + 40
        radius: Theme.radius
        color: Theme.card
        border.width: 5
        border.color: page.tooLarge ? Theme.red : Theme.blue
        Label {
            id: label
            x: 36
            y: Theme.wide ? (box.height - height) / 2 : 18
            width: Theme.wide ? Math.min(implicitWidth, box.width * 0.4) : box.width - 72
            text: page.shown.label
            color: Theme.soft
            lineHeight: 0.9
            Accessible.ignored: true   // the number says both
        }
        Label {
            id: unit
            x: box.width - width - 36
            anchors.baseline: value.baseline
            text: page.shown.unit
            font.bold: true
            wrapMode: Text.NoWrap
            Accessible.ignored: true
        }
        Label {
            id: value
            x: Theme.wide ? label.x + label.width + 20 : 36
            y: Theme.wide ? (box.height - height) / 2 : label.y + label.height
            width: unit.x - 20 - x
            horizontalAlignment: Text.AlignRight
            text: page.typed.length > 0 ? page.grouped(page.typed) : "0"
            color: page.typed.length > 0 ? Theme.ink : Theme.faint
            readonly property int largest: Theme.wide ? 76 : 92
            // The font is as large as the room allows.
            font.pixelSize: Math.min(largest, Math.floor(largest * width / (measure.advanceWidth + 1)))
            font.bold: true
            wrapMode: Text.NoWrap
            Accessible.name: page.shown.label + " " + text + " " + page.shown.unit
            TextMetrics {
                id: measure
                font.pixelSize: value.largest
                font.bold: true
                text: value.text
            }
        }
    }
    Column {
        id: words
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : box.height + 12
        width: parent.width
        readonly property int rim: Theme.wide ? 0 : 36
        Label {
            id: hint
            readonly property bool tooSmall: page.typed.length > 0 && page.number < page.shown.least
            visible: page.tooLarge || tooSmall
            x: words.rim
            width: words.width - 2 * words.rim
            text: page.tooLarge ? page.shown.tooLarge : page.shown.tooSmall
            color: page.tooLarge ? Theme.red : Theme.soft
            font.bold: page.tooLarge
            lineHeight: 0.9
            Accessible.role: Accessible.AlertMessage
        }
        Label {
            visible: page.shown.rest.length > 0 && !hint.visible
            x: words.rim
            width: words.width - 2 * words.rim
            text: page.shown.rest
            color: Theme.soft
            lineHeight: 0.9
            Accessible.ignored: true   // the amount says both
        }
        Label {
            visible: page.shown.rest.length > 0 && !hint.visible
            x: words.rim
            width: words.width - 2 * words.rim
            horizontalAlignment: Text.AlignRight
            text: page.grouped((page.shown.restOf - page.number).toFixed(page.shown.places)) + " " + page.shown.unit
            font.bold: true
            lineHeight: 0.9
            Accessible.name: page.shown.rest + " " + text
        }
    }
    Item {
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? page.asideHeight - height : pad.y - height - 24
        width: parent.width
        height: whole.height + (below.visible ? below.height + 24 : 0)
        Row {
            id: whole
            width: parent.width
            height: 104
            spacing: 24
            // Where the citizen may go on on a phone, three buttons share the width upright.
            readonly property bool three: page.shown.phone.length > 0 && !Theme.wide
            readonly property real each: width - 24 * (three ? 2 : 1)
            // Wide and lowered, there is one row only: the keypad's own key erases.
            readonly property bool tight: page.shown.phone.length > 0 && Theme.wide && Theme.lowered
            PushButton {
                objectName: "all"
                visible: page.shown.all.length > 0
                width: whole.each * (whole.tight ? 0.5 : whole.three ? 0.4 : 0.64)
                height: whole.height
                size: Theme.big(30)
                text: page.shown.all
                onClicked: page.typed = page.shown.most.toFixed(page.shown.places)
            }
            PushButton {
                objectName: "clear"
                visible: !whole.tight
                width: page.shown.all.length === 0 ? whole.width : whole.each * (whole.three ? 0.22 : 0.36)
                height: whole.height
                size: Theme.big(30)
                text: page.shown.clear
                onClicked: page.typed = ""
            }
            PushButton {
                objectName: "other"
                visible: whole.three || whole.tight
                width: whole.each * (whole.tight ? 0.5 : 0.38)
                height: whole.height
                size: Theme.big(30)
                text: page.shown.phone
                onClicked: CurrentPage.answer("other")
            }
        }
        PushButton {
            id: below
            objectName: "other"
            visible: page.shown.phone.length > 0 && Theme.wide && !whole.tight
            y: whole.height + 24
            width: whole.width
            height: whole.height
            size: Theme.big(30)
            text: page.shown.phone
            onClicked: CurrentPage.answer("other")
        }
    }
    Keypad {
        id: pad
        width: parent.width
        readonly property int lower: parent.height + (Theme.wide && Theme.lowered ? Theme.gap + Theme.touch : 0)
        readonly property int upper: Theme.wide ? Math.max(page.low, box.height + 24) : Math.max(page.low, words.y + words.height + 24) + whole.height + 24
        height: Math.min(lower - upper, 4 * 168 + 72)
        y: lower - height
        fourth: Theme.wide
        point: page.shown.places > 0 ? "." : ""
        complete: page.complete
        confirm: page.shown.confirm
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
