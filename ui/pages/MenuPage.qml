// What would you like to do? Tiles; in care mode rows, larger.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property var tiles: view.tiles || []
    footNote: view.hotline || ""
    Grid {
        id: grid
        width: parent.width
        columns: Theme.wide ? (Theme.elder ? 2 : 3) : (Theme.elder ? 1 : 2)
        spacing: Theme.gap
        readonly property int rowsNeeded: Math.ceil(page.tiles.length / columns)
        readonly property int each: Math.min(Theme.elder ? 260 : 392, (parent.height - (rowsNeeded - 1) * spacing) / Math.max(1, rowsNeeded))
        Repeater {
            model: page.tiles
            OptionButton {
                required property var modelData
                objectName: modelData.key
                width: (grid.width - (grid.columns - 1) * grid.spacing) / grid.columns
                height: grid.each
                stacked: !Theme.elder && grid.each >= 280
                title: modelData.title
                hint: modelData.hint
                iconName: modelData.icon
                available: modelData.enabled
                onClicked: Bridge.answer(modelData.key)
            }
        }
    }
}
