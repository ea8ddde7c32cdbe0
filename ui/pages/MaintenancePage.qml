// The technician's page: what is to be done first, the devices, the counters, the acts.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property MaintenanceContent shown: view as MaintenanceContent
    title: shown.title
    lead: Theme.wide && Theme.elder ? "" : shown.lead
    leave: false
    span: true                           // wide: the devices take the whole width
    readonly property int columns: (Theme.wide ? 2 : 1) * (Theme.elder ? 1 : 2)
    property int restS: 0                 // seconds of the ticket
    onShownChanged: restS = shown.leftS

    function cut(parts) {                // in rows of so many columns
        const rows = []
        for (let at = 0; at < parts.length; at += columns) rows.push(parts.slice(at, at + columns))
        return rows
    }
    Timer {
        interval: 1000
        repeat: true
        running: page.restS > 1
        onTriggered: page.restS -= 1
    }

    Rectangle {                          // over the band of every page, between its head and itself
        parent: page
        y: -height
        width: parent.width
        height: 44
        color: Theme.amber
        Label {
            anchors.centerIn: parent
            text: page.restS > 0 ? page.shown.band + " · " + page.shown.rest.arg(Math.ceil(page.restS / 60)) : page.shown.band
            color: Theme.white
            font.pixelSize: 28
            font.bold: true
            wrapMode: Text.NoWrap
        }
    }
    Note {
        parent: Theme.wide ? page : page.bodyItem
        x: Theme.wide ? page.width / 2 : 0
        y: Theme.wide ? 24 : 0
        width: Theme.wide ? page.width / 2 - Theme.side : parent.width
        most: Theme.wide ? page.bodyItem.y - 48 : page.low - Theme.gap
        text: page.shown.note
        tone: page.shown.noteTone
        icon: page.shown.noteIcon
    }
    Turning {
        id: list
        y: page.low
        width: parent.width
        height: parent.height - y
        of: page.view
        carded: true
        Repeater {
            model: page.cut(page.shown.devices)
            Item {
                id: row
                required property var modelData
                width: list.blockWidth
                height: Math.max(Theme.least + 24, ...Array.from(cells.children, cell => cell.implicitHeight))
                Item {
                    id: cells
                    anchors.fill: parent
                    Repeater {
                        model: row.modelData
                        OptionButton {
                            required property OptionPart modelData
                            required property int index
                            objectName: modelData.key
                            x: index * (width + 24)
                            width: (row.width - (page.columns - 1) * 24) / page.columns
                            height: row.height
                            shape: "row"
                            title: modelData.title
                            hint: modelData.hint
                            iconName: modelData.icon
                            tone: modelData.tone
                            iconTone: modelData.tone === "good" ? "" : modelData.tone
                            size: Theme.big(34)
                            onClicked: CurrentPage.answer(modelData.key)
                        }
                    }
                }
            }
        }
        Repeater {
            model: page.shown.counters
            FactRow {
                required property FactPart modelData
                required property int index
                width: list.blockWidth
                least: Theme.elder ? 104 : 80
                first: index === 0
                label: modelData.label
                value: modelData.value
            }
        }
        Repeater {
            model: page.cut(page.shown.acts)
            Item {
                id: buttons
                required property var modelData
                width: list.blockWidth
                height: Theme.touch
                Repeater {
                    model: buttons.modelData
                    PushButton {
                        required property ActionPart modelData
                        required property int index
                        objectName: modelData.key
                        x: index * (width + 24)
                        width: (buttons.width - (page.columns - 1) * 24) / page.columns
                        height: buttons.height
                        size: Theme.big(34)
                        text: modelData.title
                        iconName: modelData.icon
                        available: modelData.enabled
                        closed: modelData.closed
                        onClicked: CurrentPage.answer(modelData.key)
                    }
                }
            }
        }
    }
    foot: PushButton {
        objectName: "end"
        x: Theme.wide && Theme.lowered ? 760 : 0    // beside the switches
        width: parent.width - x
        primary: true
        iconName: "check"
        text: page.shown.end
        onClicked: CurrentPage.answer("end")
    }
}
