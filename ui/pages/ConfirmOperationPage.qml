// The quote of an operation: the amount, to whom, when, what remains; confirmed by holding a button,
// or in two presses.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ConfirmOperationContent shown: view as ConfirmOperationContent
    title: shown.title
    lead: seconds > 0 && seconds <= 120 ? shown.left.arg(clock(seconds)) : shown.lead
    property int seconds: 0
    property int step: 0              // of the two presses: 0 holding, 1 the first, 2 the second

    function clock(seconds: int): string {
        return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0")
    }
    function begin() { seconds = shown.seconds; step = 0 }
    Component.onCompleted: begin()
    onShownChanged: seconds = shown.seconds
    Connections {
        target: CurrentPage
        function onPageShown() { page.begin() }
    }
    Timer {
        interval: 1000
        repeat: true
        running: page.visible && page.seconds > 0 && Theme.motion
        onTriggered: {
            page.seconds -= 1
            if (page.seconds === 0) CurrentPage.answer("ask")
        }
    }

    // Wide, and lowered or in care mode, the amount has no room of its own: it is the first row.
    readonly property bool headed: shown.amount.length > 0 && !(Theme.wide && (Theme.lowered || Theme.elder))

    Card {
        id: hero
        visible: page.headed
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        height: visible ? words.height + 2 * words.y : 0
        Column {
            id: words
            x: Theme.wide ? 32 : Theme.inset
            y: 24
            width: parent.width - 2 * x
            Label {
                width: parent.width
                text: page.shown.label
                color: Theme.soft
                lineHeight: 0.9
                Accessible.ignored: true
            }
            Label {
                id: amount
                width: parent.width
                readonly property int largest: Theme.wide ? 84 : Theme.hero
                text: page.shown.amount
                color: Theme.blue
                font.pixelSize: Math.min(largest, Math.floor(largest * width / (measure.advanceWidth + 1)))
                font.bold: true
                lineHeight: 0.9
                wrapMode: Text.NoWrap
                Accessible.name: page.shown.label + " " + text
                TextMetrics {
                    id: measure
                    font.pixelSize: amount.largest
                    font.bold: true
                    text: amount.text
                }
            }
            Label {
                width: parent.width
                visible: text.length > 0
                text: page.shown.capitals
                color: Theme.soft
                font.pixelSize: Theme.hint
                lineHeight: 0.9
            }
        }
    }
    Turning {
        id: facts
        width: parent.width
        y: Theme.wide || !hero.visible ? 0 : hero.height + Theme.gap
        height: parent.height - y - (Theme.wide ? 0 : buttons.height + Theme.gap)
        of: page.view
        readonly property int least: Theme.elder ? 104 : Math.max(72, Math.min(92, Math.floor((height - 24 - (note.wanted ? note.height + Theme.gap + 12 : 0)) / Math.max(1, page.shown.facts.length))))
        FactRow {
            readonly property bool wanted: !page.headed && page.shown.amount.length > 0
            width: facts.blockWidth
            least: facts.least
            first: true
            label: page.shown.label
            value: page.shown.amount
        }
        Repeater {
            model: page.shown.facts
            FactRow {
                required property FactPart modelData
                required property int index
                width: facts.blockWidth
                least: facts.least
                first: index === 0 && (page.headed || page.shown.amount.length === 0)
                label: modelData.label
                value: modelData.value
                tone: modelData.tone
            }
        }
        Note {
            id: note
            width: facts.blockWidth
            text: page.shown.agreed
            tone: "plain"
            icon: "info"
        }
    }
    foot: Item {
        id: ways
        width: page.footItem.width
        height: page.footItem.height
        readonly property real start: Theme.wide ? buttons.width + Theme.gap : 0
        Row {
            id: buttons
            parent: Theme.wide ? ways : page.bodyItem
            y: Theme.wide ? 0 : page.bodyItem.height - height
            width: Theme.wide ? ways.width * 0.6 : page.bodyItem.width
            height: Theme.wide ? Theme.touch : 104
            spacing: 24
            readonly property int count: page.shown.texts.length + 1
            Repeater {
                model: page.shown.texts
                PushButton {
                    required property ActionPart modelData
                    objectName: modelData.key
                    width: (buttons.width - (buttons.count - 1) * buttons.spacing) / buttons.count
                    height: buttons.height
                    size: Theme.big(30)
                    text: modelData.title
                    onClicked: CurrentPage.answer(modelData.key)
                }
            }
            PushButton {
                objectName: "inTwo"
                width: (buttons.width - (buttons.count - 1) * buttons.spacing) / buttons.count
                height: buttons.height
                size: Theme.big(30)
                text: page.step === 0 ? page.shown.inTwo : page.step === 1 ? page.shown.first : page.shown.first
                available: page.step < 2
                onClicked: page.step = page.step + 1
            }
        }
        HoldButton {
            objectName: "hold"
            visible: page.step === 0
            x: ways.start
            width: ways.width - x
            height: ways.height
            text: page.shown.hold
            holding: page.shown.holding
            onConfirmed: CurrentPage.answer("confirm")
        }
        PushButton {
            objectName: "second"
            visible: page.step > 0
            x: ways.start
            width: ways.width - x
            height: ways.height
            primary: true
            available: page.step === 2
            text: page.shown.second
            onClicked: CurrentPage.answer("confirm")
        }
    }
}
