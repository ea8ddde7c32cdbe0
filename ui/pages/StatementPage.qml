// The most important number of a statement, its facts, and the buttons that lead on.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property StatementContent shown: view as StatementContent
    title: shown.title
    lead: tight ? "" : shown.lead
    actions: shown.actions
    primaryLast: false
    readonly property string under: shown.under
    untouched: facts.sheet === 0
    readonly property bool headed: shown.number.length > 0
    // Lowered and upright, the number is too high to reach: the eye stands in the foot.
    readonly property bool eyed: shown.eye.length > 0 && !eyeInFoot
    readonly property bool eyeInFoot: shown.eye.length > 0 && (!headed || Theme.lowered && !Theme.wide)
    // Where the number has no room for the words under it, these words become the last fact.
    readonly property bool underInHero: !(Theme.wide && Theme.elder)
    readonly property bool tight: headed && !underInHero && Theme.lowered

    Rectangle {
        id: hero
        visible: page.headed
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        height: (page.eyed ? Math.max(eye.y + eye.height, under.y + underHeight) : under.y + underHeight) + (Theme.wide ? 12 : 24)
        radius: Theme.radius
        color: Theme.blue
        readonly property int largest: Theme.wide ? 84 : Theme.hero
        TextMetrics {
            id: measure
            font.pixelSize: hero.largest
            font.bold: true
            font.letterSpacing: page.shown.revealed ? 0 : 6
            text: page.shown.number
        }
        readonly property real below: words.y + words.height
        readonly property real underHeight: page.underInHero ? under.height : 0
        // In the lower two thirds of the screen, like all buttons.
        readonly property real eyeTop: Theme.wide ? below + underHeight : Math.max(below + 8, page.pressTop - page.bodyItem.y)
        Column {
            id: words
            x: Theme.inset
            y: Theme.wide ? 20 : 36
            width: parent.width - 2 * Theme.inset
            Label {
                width: parent.width
                text: page.shown.label
                color: Theme.whiteSoft
                lineHeight: 0.9
            }
            Label {
                width: parent.width
                height: Math.ceil(Theme.wide ? 124 : Theme.hero * 1.46)
                verticalAlignment: Text.AlignVCenter
                text: page.shown.number
                color: page.shown.revealed ? Theme.white : Theme.whiteSoft
                font.letterSpacing: page.shown.revealed ? 0 : 6
                // The font is as large as the room allows.
                font.pixelSize: Math.min(hero.largest, Math.floor(hero.largest * width / (measure.advanceWidth + 1)))
                font.bold: true
                wrapMode: Text.NoWrap
                Accessible.name: page.shown.label + " " + text
            }
        }
        Label {
            id: under
            visible: page.underInHero
            x: Theme.inset
            y: Theme.wide || !page.eyed ? hero.below : hero.eyeTop + Math.max(0, (eye.height - hero.underHeight) / 2)
            width: (Theme.wide || !page.eyed ? parent.width - Theme.inset : eye.x - 24) - x
            // Two short lines beside the eye, because one long line would break anywhere.
            text: page.eyed ? page.under.replace(" · ", "\n") : page.under
            color: Theme.whiteSoft
            font.pixelSize: Theme.hint
            lineHeight: 0.95
        }
        Chip {
            id: eye
            objectName: "eye"
            visible: page.eyed
            inverse: true
            text: page.shown.eye
            iconName: page.shown.revealed ? "eye-off" : "eye"
            x: parent.width - width - 32
            y: hero.eyeTop
            onClicked: Appearance.toggleNumbers()
        }
    }
    Turning {
        id: facts
        width: parent.width
        y: Theme.wide || !page.headed ? 0 : hero.height + Theme.gap
        height: parent.height - y
        of: page.view
        // The rows move closer together before the facts need a second sheet.
        readonly property int wanted: page.shown.facts.length + (page.underInHero ? 0 : 1)
        readonly property int least: Theme.elder ? 104 : Math.max(72, Math.min(92, Math.floor((height - 24 - (note.wanted ? note.height + Theme.gap + 12 : 0)) / wanted)))
        Note {
            id: note
            width: facts.blockWidth
            text: page.shown.note
            tone: page.shown.noteTone
        }
        Repeater {
            model: page.shown.facts
            FactRow {
                required property FactPart modelData
                required property int index
                width: facts.blockWidth
                least: facts.least
                first: index === 0
                label: modelData.label
                value: modelData.value
                tone: modelData.tone
            }
        }
        Item {
            readonly property bool wanted: page.headed && !page.underInHero && last.text.length > 0
            readonly property bool tied: true
            width: facts.blockWidth
            height: Math.max(facts.least, last.height + 24)
            Rectangle { x: Theme.inset; width: parent.width - 2 * x; height: Theme.hair; color: Theme.line }
            Label {
                id: last
                x: Theme.inset
                width: parent.width - 2 * x
                anchors.verticalCenter: parent.verticalCenter
                text: [page.tight ? page.shown.lead : "", page.under].filter(line => line.length > 0).join("\n")
                color: Theme.soft
                font.pixelSize: Theme.hint
                lineHeight: 0.9
            }
        }
    }
    foot: Loader {
        active: page.eyeInFoot
        width: parent.width
        sourceComponent: Item {
            PushButton {
                objectName: "eye"
                anchors.right: parent.right
                width: Math.min(parent.width, Math.max(implicitWidth, 320))
                sleepy: false
                size: Theme.big(34)
                text: page.shown.eye
                iconName: page.shown.revealed ? "eye-off" : "eye"
                onClicked: Appearance.toggleNumbers()
            }
        }
    }
}
