// What happened, that nothing is lost, the ways on, whom to ask, the number to quote.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    pressable: false
    title: ""
    lead: ""
    readonly property var advice: view.advice || []
    readonly property var actions: view.actions || []
    aside: Column {
        width: parent.width
        spacing: 28
        Item { width: 1; height: Theme.wide || Theme.elder ? 1 : 120 }
        Rectangle {
            width: 160
            height: 160
            radius: 80
            color: Theme.toneTint(page.view.tone || "attention")
            Icon {
                anchors.centerIn: parent
                anchors.verticalCenterOffset: page.view.tone === "bad" ? 0 : -6
                name: page.view.tone === "bad" ? "refused" : "warning"
                color: Theme.toneColor(page.view.tone || "attention")
                size: 92
            }
        }
        Label {
            width: parent.width
            text: page.view.title || ""
            font.pixelSize: Theme.px(56)
            font.bold: true
            lineHeight: 1.1
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            text: page.view.lead || ""
            font.pixelSize: Theme.lead
            color: Theme.soft
            lineHeight: 1.15
        }
    }
    Column {
        width: parent.width
        spacing: Theme.gap
        Card {
            width: parent.width
            height: list.height + 24
            Column {
                id: list
                x: Theme.inset
                y: 12
                width: parent.width - 2 * Theme.inset
                Repeater {
                    model: page.advice
                    Item {
                        id: entry
                        required property var modelData
                        required property int index
                        width: list.width
                        height: words.height + 52
                        Rectangle { visible: entry.index > 0; width: parent.width; height: 1; color: Theme.line }
                        Column {
                            id: words
                            y: 26
                            width: parent.width
                            spacing: 6
                            Label { width: parent.width; text: entry.modelData.title; font.bold: true }
                            Label { width: parent.width; text: entry.modelData.text; color: Theme.soft; font.pixelSize: Theme.px(30) }
                        }
                    }
                }
            }
        }
        Flow {
            width: parent.width
            spacing: 14
            Label { text: page.view.referenceLabel || ""; color: Theme.soft; font.pixelSize: Theme.small; width: Math.min(implicitWidth, parent.width) }
            Label { text: page.view.reference || ""; font.bold: true; font.pixelSize: Theme.small }
        }
    }
    foot: ActionRow {
        width: parent.width
        model: page.actions
        primaryLast: true
    }
}
