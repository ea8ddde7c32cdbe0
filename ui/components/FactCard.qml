// A few facts on a card: as many of the first as its height of at most ``most`` holds.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk

Card {
    id: card
    property list<FactPart> facts
    property int most: 0
    readonly property int padding: 12
    readonly property int fits: {
        let sum = 2 * padding, count = 0
        for (; count < rows.count; ++count) {
            sum += (rows.itemAt(count) as FactRow)?.height ?? 0
            if (sum > most) break
        }
        return count
    }
    visible: fits > 0
    height: column.height + 2 * padding
    Column {
        id: column
        y: card.padding
        width: parent.width
        Repeater {
            id: rows
            model: card.facts
            FactRow {
                required property FactPart modelData
                required property int index
                width: column.width
                visible: index < card.fits
                first: index === 0
                label: modelData.label
                value: modelData.value
                tone: modelData.tone
            }
        }
    }
}
