// One question with a few options, one below the other.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ChooseContent shown: view as ChooseContent
    title: shown.title
    lead: shown.lead
    readonly property bool brief: shown.options.every(o => Theme.cells(o.title) <= 24 && Theme.cells(o.hint) <= 34)
    Turning {
        id: list
        y: page.low
        width: parent.width
        height: parent.height - y
        of: page.view
        carded: false
        spacing: Theme.gap
        // The options share the height, within limits; a long option takes the height of its words.
        readonly property int each: Math.max(Theme.least + 24, Math.min(Theme.px(170), (height - (page.shown.options.length - 1) * spacing) / Math.max(1, page.shown.options.length)))
        Repeater {
            model: page.shown.options
            OptionButton {
                required property OptionPart modelData
                objectName: modelData.key
                width: list.blockWidth
                height: Math.max(list.each, implicitHeight)
                title: modelData.title
                hint: modelData.hint
                // One line per option, where all options then fit on one sheet.
                shape: page.brief && list.each < (Theme.elder ? 204 : 152) ? "line" : "row"
                iconName: modelData.icon
                tone: modelData.tone
                available: modelData.enabled
                onClicked: CurrentPage.answer(modelData.key)
            }
        }
    }
}
