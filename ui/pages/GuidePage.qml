// What to bring to the counter for one business, how long it takes, and where to go.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property GuideContent shown: view as GuideContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    primaryLast: false
    // Wide, the facts stand under the title where they have room there.
    readonly property bool sideways: Theme.wide && !Theme.elder && where.natural <= asideHeight

    Card {
        id: where
        readonly property int natural: rows.height + 24
        visible: page.sideways
        parent: page.asideItem
        y: 28
        width: parent.width
        height: page.sideways ? natural : 0
        Column {
            id: rows
            y: 12
            width: parent.width
            Repeater {
                model: page.shown.facts
                FactRow {
                    required property FactPart modelData
                    required property int index
                    width: rows.width
                    least: 80
                    first: index === 0
                    label: modelData.label
                    value: modelData.value
                }
            }
        }
    }

    Turning {
        id: sheets
        anchors.fill: parent
        of: page.view
        Note {
            width: sheets.blockWidth
            tone: "good"
            icon: "check"
            text: page.shown.here
        }
        Repeater {
            model: page.shown.bring
            Item {
                id: thing
                required property string modelData
                required property int index
                readonly property bool tied: true
                width: sheets.blockWidth
                height: Math.max(Theme.elder ? 104 : 84, words.height + 28)
                Rectangle {
                    visible: thing.index > 0
                    x: Theme.inset
                    width: parent.width - 2 * x
                    height: Theme.hair
                    color: Theme.line
                }
                Icon {
                    id: sign
                    name: "ticked"
                    x: Theme.inset
                    anchors.verticalCenter: parent.verticalCenter
                    size: Theme.big(44)
                }
                Label {
                    id: words
                    x: sign.x + sign.width + 28
                    width: parent.width - x - Theme.inset
                    anchors.verticalCenter: parent.verticalCenter
                    text: thing.modelData
                    font.bold: true
                    lineHeight: 0.95
                }
            }
        }
        Item { readonly property bool wanted: !page.sideways; width: sheets.blockWidth; height: 1 }
        Repeater {
            model: page.shown.facts
            FactRow {
                required property FactPart modelData
                required property int index
                readonly property bool wanted: !page.sideways
                width: sheets.blockWidth
                least: Theme.elder ? 104 : 80
                first: index === 0
                label: modelData.label
                value: modelData.value
            }
        }
    }
}
