// The ways of a trial side by side: the same lines in the same order; the button repeats the choice.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property CompareContent shown: view as CompareContent
    title: shown.title
    lead: shown.lead
    readonly property bool together: !Theme.elder || Theme.wide
    readonly property bool charted: shown.chart.length > 0 && !Theme.elder && !Theme.lowered

    Card {
        id: drawn
        visible: page.charted
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        height: Theme.wide ? 380 : Math.max(300, page.low - 28)
        LineChart {
            anchors.fill: parent
            anchors.margins: 28
            title: Theme.wide ? "" : page.shown.chart
            lines: page.shown.ways
            years: page.shown.years
        }
    }
    component WayCard: Card {
        id: way
        required property WayPart modelData
        height: lines.height + 2 * 28
        Column {
            id: lines
            x: 32
            y: 28
            width: parent.width - 2 * x
            spacing: Theme.elder ? 0 : 8
            Label { width: parent.width; text: way.modelData.title; font.bold: true; font.pixelSize: Theme.big(40); lineHeight: 0.9 }
            Repeater {
                model: way.modelData.lines
                Column {
                    id: entry
                    required property FactPart modelData
                    width: lines.width
                    Label { visible: !Theme.elder; width: parent.width; text: entry.modelData.label; color: Theme.soft; font.pixelSize: Theme.small; lineHeight: 0.9; Accessible.ignored: true }
                    Label { width: parent.width; text: Theme.elder ? entry.modelData.label + " " + entry.modelData.value : entry.modelData.value; font.bold: true; lineHeight: 0.9; Accessible.name: entry.modelData.label + " " + entry.modelData.value }
                }
            }
            PushButton {
                objectName: way.modelData.key
                width: parent.width
                primary: true
                size: Theme.big(32)
                text: way.modelData.choose
                onClicked: CurrentPage.answer(way.modelData.key)
            }
        }
    }
    Turning {
        id: list
        y: Theme.wide ? 0 : page.charted ? drawn.height + Theme.gap : Theme.lowered ? (Theme.elder ? 44 : 128) : 0
        width: parent.width
        height: parent.height - y
        of: page.view
        carded: false
        spacing: Theme.gap
        Grid {
            id: cards
            readonly property bool wanted: page.together
            width: list.blockWidth
            columns: Math.max(1, page.shown.ways.length)
            spacing: Theme.gap
            Repeater {
                model: page.together ? page.shown.ways : []
                WayCard {
                    width: (cards.width - (cards.columns - 1) * cards.spacing) / cards.columns
                }
            }
        }
        Repeater {
            model: page.together ? [] : page.shown.ways
            WayCard { width: list.blockWidth }
        }
        Label {
            width: list.blockWidth
            text: page.shown.note
            color: Theme.soft
            font.pixelSize: Theme.small
            lineHeight: 0.95
        }
    }
}
