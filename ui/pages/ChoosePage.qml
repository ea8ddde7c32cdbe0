// One question with a few options, one below the other or in two columns; above, what is known so far.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ChooseContent shown: view as ChooseContent
    readonly property list<OptionPart> options: shown.options
    title: shown.title
    lead: shown.lead
    leave: shown.leave
    readonly property bool brief: options.every(o => Theme.cells(o.title) <= 24 && Theme.cells(o.hint) <= 34)
    // Many plain answers stand in two columns, in the order of reading.
    readonly property int columns: !Theme.elder && options.length > 4
        && options.every(o => o.icon.length + o.hint.length === 0) ? 2 : 1
    readonly property int rows: Math.ceil(options.length / columns)
    untouched: list.sheet === 0
    FactCard {
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 16 : 0
        width: parent.width
        facts: page.shown.soFar
        most: Theme.wide ? page.asideHeight - 16 : page.low - Theme.gap
    }
    Turning {
        id: list
        y: page.low
        width: parent.width
        height: parent.height - y
        of: page.view
        carded: false
        spacing: page.columns > 1 ? 24 : Theme.gap
        // The options share the height, within limits; a long option takes the height of its words.
        readonly property int each: Math.max(Theme.least + 24, Math.min(Theme.px(170), Math.floor((height - (page.rows - 1) * spacing) / Math.max(1, page.rows))))
        Repeater {
            model: page.rows
            Item {
                id: row
                required property int index
                width: list.blockWidth
                height: Math.max(list.each, ...Array.from(cells.children, cell => cell.implicitHeight))
                Item {
                    id: cells
                    anchors.fill: parent
                    Repeater {
                        model: page.options.slice(row.index * page.columns, (row.index + 1) * page.columns)
                        OptionButton {
                            required property OptionPart modelData
                            required property int index
                            objectName: modelData.key
                            x: index * (width + list.spacing)
                            width: (row.width - (page.columns - 1) * list.spacing) / page.columns
                            height: row.height
                            title: modelData.title
                            hint: modelData.hint
                            // One line per option, where all options then fit on one sheet.
                            shape: page.brief && list.each < (Theme.elder ? 204 : 152) ? "line" : "row"
                            iconName: modelData.icon
                            tone: modelData.tone
                            badge: modelData.badge
                            best: modelData.best
                            available: modelData.enabled
                            onClicked: CurrentPage.answer(modelData.key)
                        }
                    }
                }
            }
        }
    }
}
