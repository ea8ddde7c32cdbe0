// How a loan is paid off: a chart of its years, what it comes to, and what leads on.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property LoanYearsContent shown: view as LoanYearsContent
    title: shown.title
    lead: shown.lead
    // Upright, the last action is the primary button of the foot, the others stand above the foot.
    readonly property bool footed: !Theme.wide && shown.actions.length > 1
    readonly property bool eyed: shown.eye.length > 0
    // Wide, what leads on stands in the foot beside the eye.
    readonly property ActionPart way: Theme.wide && eyed && shown.actions.length > 0 ? shown.actions[0] : null
    above: eyed
    actions: footed ? shown.actions.slice(0, -1) : way ? [] : shown.actions
    primaryLast: !footed && !eyed
    asideWidth: Theme.elder ? 760 : 900
    readonly property bool charted: !(Theme.elder && Theme.lowered) && (!Theme.wide || asideHeight > (Theme.elder ? 470 : 330))

    Card {
        id: drawn
        visible: page.charted
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        height: !page.charted ? 0 : Theme.wide ? page.asideHeight - 24 : Math.max(560, page.low - Theme.gap)
        YearChart {
            anchors { fill: parent; margins: 32; topMargin: 24; bottomMargin: 16 }
            shown: page.shown
            size: Theme.elder ? 36 : 28
        }
    }
    foot: Item {
        width: parent.width
        height: Theme.touch
        PushButton {
            objectName: page.way ? page.way.key : ""
            visible: page.way !== null
            width: parent.width - eye.width - Theme.gap
            text: page.way ? page.way.title : ""
            iconName: page.way ? page.way.icon : ""
            onClicked: CurrentPage.answer(page.way.key)
        }
        PushButton {
            id: eye
            objectName: "eye"
            visible: page.eyed
            anchors.right: parent.right
            width: Math.min(parent.width, Math.max(implicitWidth, 320))
            sleepy: false
            size: Theme.big(34)
            text: page.shown.eye
            iconName: page.shown.revealed ? "eye-off" : "eye"
            onClicked: Appearance.toggleNumbers()
        }
        PushButton {
            readonly property ActionPart last: page.footed ? page.shown.actions[page.shown.actions.length - 1] : null
            visible: page.footed
            objectName: last ? last.key : ""
            width: parent.width
            primary: true
            text: last ? last.title : ""
            iconName: last && !Theme.elder ? last.icon : ""
            onClicked: CurrentPage.answer(last.key)
        }
    }
    Turning {
        id: facts
        y: Theme.wide || !page.charted ? 0 : drawn.height + Theme.gap
        width: parent.width
        height: parent.height - y
        of: page.view
        Repeater {
            model: page.shown.facts
            FactRow {
                required property FactPart modelData
                required property int index
                width: facts.blockWidth
                least: Theme.elder ? 104 : 80
                first: index === 0
                label: modelData.label
                value: modelData.value
                tone: modelData.tone
            }
        }
        Label {
            width: facts.blockWidth
            text: page.shown.note
            color: Theme.soft
            font.pixelSize: Theme.small
            lineHeight: 0.95
        }
    }
}
