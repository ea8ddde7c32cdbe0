// A trouble: what happened, that nothing is lost, what to do, whom to ask, the number to quote.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ProblemContent shown: view as ProblemContent
    actions: shown.actions
    asideWidth: 760
    readonly property string what: shown.title
    readonly property string tone: shown.tone || "attention"
    readonly property bool long: Theme.cells(what) > (Theme.elder ? 64 : 120)
    aside: Column {
        width: parent.width
        spacing: 20
        Item { width: 1; height: Theme.wide || Theme.elder || Theme.lowered ? 1 : 80 }
        Rectangle {
            visible: !page.long || !Theme.wide && !Theme.elder
            width: Theme.wide || Theme.elder ? 112 : 160
            height: width
            radius: width / 2
            color: Theme.toneTint(page.tone)
            Icon {
                anchors.centerIn: parent
                anchors.verticalCenterOffset: page.tone === "bad" ? 0 : -parent.width * 0.04
                name: page.tone === "bad" ? "refused" : "warning"
                color: Theme.toneColor(page.tone)
                size: parent.width * 0.58
            }
        }
        Label {
            width: parent.width
            text: page.what
            font.pixelSize: page.long ? (Theme.elder ? 44 : 40) : Theme.cells(page.what) > 40 ? Theme.big(46) : Theme.big(56)
            font.bold: true
            lineHeight: 0.88
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            text: page.shown.lead
            font.pixelSize: Theme.lead
            color: Theme.soft
            lineHeight: 0.95
        }
    }
    Turning {
        id: list
        anchors.fill: parent
        of: page.view
        Repeater {
            model: page.shown.advice
            Item {
                id: entry
                required property AdvicePart modelData
                required property int index
                readonly property bool tied: true
                width: list.blockWidth
                height: words.height + 2 * (Theme.wide ? 18 : 24)
                Rectangle { visible: entry.index > 0; x: Theme.inset; width: parent.width - 2 * x; height: Theme.hair; color: Theme.line }
                Column {
                    id: words
                    x: Theme.inset
                    y: Theme.wide ? 18 : 24
                    width: parent.width - 2 * x
                    spacing: 2
                    Label { width: parent.width; text: entry.modelData.title; font.bold: true; lineHeight: 0.9 }
                    Label { width: parent.width; text: entry.modelData.text; color: Theme.soft; font.pixelSize: Theme.hint; lineHeight: 0.92 }
                }
            }
        }
        Flow {
            width: list.blockWidth
            spacing: 12
            Label { text: page.shown.referenceLabel; color: Theme.soft; font.pixelSize: Theme.hint; width: Math.min(implicitWidth, parent.width) }
            Label { text: page.shown.reference; font.bold: true; font.pixelSize: Theme.hint; wrapMode: Text.NoWrap }
        }
    }
}
