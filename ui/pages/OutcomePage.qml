// The operation is done: what was booked, the serial to quote, and a slip for those who want one.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property OutcomeContent shown: view as OutcomeContent
    actions: shown.actions
    asideWidth: 700
    aside: Row {
        width: parent.width
        spacing: 28
        Rectangle {
            id: sign
            width: Theme.wide || Theme.elder ? 96 : 132
            height: width
            radius: width / 2
            color: Theme.jadeTint
            Icon { anchors.centerIn: parent; name: "check"; color: Theme.jade; size: parent.width * 0.58 }
        }
        Column {
            width: parent.width - sign.width - 28
            anchors.verticalCenter: parent.verticalCenter
            spacing: 4
            Label {
                width: parent.width
                text: page.shown.title
                font.pixelSize: Theme.cells(text) > 24 ? Theme.big(46) : Theme.title
                font.bold: true
                lineHeight: 0.85
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
    }
    Turning {
        id: facts
        anchors.fill: parent
        of: page.view
        Note {
            width: facts.blockWidth
            text: page.shown.note
            tone: "bad"
        }
        Item {
            id: sum
            readonly property bool tied: true
            readonly property bool wanted: page.shown.amount.length > 0
            readonly property bool stacked: label.implicitWidth + amount.implicitWidth + 32 > width - 2 * Theme.inset
            width: facts.blockWidth
            height: stacked ? label.height + amount.height + 24 : Math.max(112, amount.height + 24)
            Label {
                id: label
                x: Theme.inset
                y: sum.stacked ? 12 : (sum.height - height) / 2
                text: page.shown.label
                color: Theme.soft
                lineHeight: 0.9
                Accessible.ignored: true
            }
            Label {
                id: amount
                x: sum.width - Theme.inset - width
                y: sum.stacked ? sum.height - height - 12 : (sum.height - height) / 2
                text: page.shown.amount
                font.pixelSize: Theme.big(52)
                font.bold: true
                lineHeight: 0.9
                wrapMode: Text.NoWrap
                Accessible.name: page.shown.label + " " + text
            }
        }
        Repeater {
            model: page.shown.facts
            FactRow {
                required property FactPart modelData
                required property int index
                width: facts.blockWidth
                first: index === 0 && !sum.wanted
                label: modelData.label
                value: modelData.value
                tone: modelData.tone
            }
        }
    }
}
