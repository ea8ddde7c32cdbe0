// What was looked at, one below the other: a sign, the thing, what is seen, and what mends it.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ShowChecksContent shown: view as ShowChecksContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    leave: shown.working.length === 0

    Turning {
        id: list
        anchors.fill: parent
        of: page.view
        Item {
            readonly property bool wanted: page.shown.working.length > 0
            width: list.blockWidth
            height: 112
            Row {
                anchors.centerIn: parent
                spacing: 28
                Spinner {
                    anchors.verticalCenter: parent.verticalCenter
                    size: 64
                }
                Label {
                    anchors.verticalCenter: parent.verticalCenter
                    text: page.shown.working
                    color: Theme.soft
                    wrapMode: Text.NoWrap
                }
            }
        }
        Note {
            width: list.blockWidth
            text: page.shown.note
            tone: page.shown.noteTone
            icon: page.shown.noteTone === "good" ? "check" : page.shown.noteTone === "bad" ? "refused" : "warning"
        }
        Repeater {
            model: page.shown.checks
            Item {
                id: entry
                required property CheckPart modelData
                required property int index
                readonly property bool tied: true
                width: list.blockWidth
                height: Math.max(sign.height, words.height) + 2 * 16
                Rectangle {
                    visible: entry.index > 0
                    x: Theme.inset
                    width: parent.width - 2 * x
                    height: Theme.hair
                    color: Theme.line
                }
                Icon {
                    id: sign
                    x: Theme.inset
                    y: 20
                    name: entry.modelData.icon
                    color: entry.modelData.tone.length > 0 ? Theme.toneColor(entry.modelData.tone) : Theme.soft
                    size: Theme.big(40)
                }
                Column {
                    id: words
                    x: sign.x + sign.width + 24
                    y: 16
                    width: parent.width - x - Theme.inset
                    spacing: 2
                    Label {
                        width: parent.width
                        text: entry.modelData.title
                        font.bold: true
                        lineHeight: 0.9
                    }
                    Label {
                        width: parent.width
                        visible: text.length > 0
                        text: entry.modelData.text
                        color: Theme.soft
                        font.pixelSize: Theme.hint
                        wrapMode: Text.Wrap
                        lineHeight: 0.92
                    }
                    Label {
                        width: parent.width
                        visible: text.length > 0
                        text: entry.modelData.mend
                        color: Theme.amber
                        font.pixelSize: Theme.hint
                        lineHeight: 0.92
                    }
                }
            }
        }
    }
}
