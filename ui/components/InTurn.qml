// Texts one at a time in one place: another takes its place, without motion.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    id: turns
    property list<string> texts
    property int at: 0
    property int every: 9000              // milliseconds for which one stands
    property int size: Theme.lead
    property bool bold: false
    readonly property int count: texts.length
    // As high as the highest text: nothing around moves when another takes its place.
    implicitHeight: {
        let most = 0
        for (let i = 0; i < all.count; ++i) {
            const one = all.itemAt(i) as Item
            if (one) most = Math.max(most, one.implicitHeight)
        }
        return most
    }
    onCountChanged: if (at >= count) at = 0

    Timer {
        interval: turns.every
        running: turns.visible && turns.count > 1
        repeat: true
        onTriggered: turns.at = (turns.at + 1) % turns.count
    }
    Repeater {
        id: all
        model: turns.texts
        Label {
            required property string modelData
            required property int index
            width: turns.width
            height: turns.height
            verticalAlignment: Text.AlignVCenter
            text: modelData
            font.pixelSize: turns.size
            font.bold: turns.bold
            lineHeight: 0.95
            visible: index === turns.at
        }
    }
}
