// The centre's bulletins, one at a time: another takes its place, without motion.
pragma ComponentBehavior: Bound
import QtQuick

Rectangle {
    id: bulletins
    objectName: "bulletins"
    property list<string> texts
    property int at: 0
    property int every: 9000              // milliseconds for which one stands
    property int size: Theme.lead
    readonly property int count: texts.length
    readonly property bool wanted: count > 0
    // As high as the highest bulletin: nothing around moves when another takes its place.
    readonly property int natural: {
        let most = 48
        for (let i = 0; i < all.count; ++i) {
            const one = all.itemAt(i) as Item
            if (one) most = Math.max(most, one.implicitHeight)
        }
        return most + 48
    }
    height: natural
    visible: wanted
    radius: Theme.radius
    color: Theme.blueTint
    border.color: Theme.blue
    border.width: Theme.highContrast ? 2 : 0
    onCountChanged: if (at >= count) at = 0

    Timer {
        interval: bulletins.every
        running: bulletins.visible && bulletins.count > 1
        repeat: true
        onTriggered: bulletins.at = (bulletins.at + 1) % bulletins.count
    }
    Icon {
        id: sign
        name: "info"
        size: Theme.big(48)
        x: 32
        y: (parent.height - height) / 2
    }
    Item {
        id: words
        x: sign.x + sign.width + 24
        y: 24
        width: dots.x - x - (dots.visible ? 32 : 0)
        height: parent.height - 48
        Repeater {
            id: all
            model: bulletins.texts
            Label {
                required property string modelData
                required property int index
                width: words.width
                height: words.height
                verticalAlignment: Text.AlignVCenter
                text: modelData
                font.pixelSize: bulletins.size
                lineHeight: 0.95
                visible: index === bulletins.at
            }
        }
    }
    Row {
        id: dots
        x: parent.width - width - 32
        y: (parent.height - height) / 2
        spacing: 12
        visible: bulletins.count > 1
        Repeater {
            model: bulletins.count
            Rectangle {
                required property int index
                width: 14
                height: 14
                radius: 7
                color: index === bulletins.at ? Theme.blue : "transparent"
                border.color: index === bulletins.at ? Theme.blue : Theme.edge
                border.width: 2
            }
        }
    }
}
