// Where something lies on the machine, on a card: an arrow to its side, its name, and what is there.
pragma ComponentBehavior: Bound
import QtQuick

Card {
    id: where
    property string to                // the side of the screen; empty: not known
    property string title
    property string under
    property string iconName          // in place of the arrow where the side is not known
    readonly property int turn: to === "left" ? 90 : to === "right" ? -90 : to === "above" ? 180
                              : to === "below-left" ? 45 : to === "below-right" ? -45 : 0
    implicitHeight: Math.max(disc.height, words.height) + 2 * 36
    Rectangle {
        id: disc
        x: Theme.inset
        y: (parent.height - height) / 2
        width: Theme.big(112)
        height: width
        radius: width / 2
        color: Theme.jadeTint
        Icon {
            anchors.centerIn: parent
            name: where.to.length > 0 ? "arrow" : where.iconName
            rotation: where.to.length > 0 ? where.turn : 0
            color: Theme.jade
            size: parent.width * 0.56
        }
    }
    Column {
        id: words
        x: disc.x + disc.width + 36
        y: (parent.height - height) / 2
        width: parent.width - x - Theme.inset
        spacing: 4
        Label {
            width: parent.width
            text: where.title
            font.pixelSize: Theme.tile
            font.bold: true
            lineHeight: 0.9
        }
        Label {
            width: parent.width
            visible: text.length > 0
            text: where.under
            font.pixelSize: Theme.lead
            color: Theme.soft
            lineHeight: 0.9
        }
    }
}
