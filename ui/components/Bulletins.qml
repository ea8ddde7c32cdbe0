// The centre's bulletins, one at a time.
pragma ComponentBehavior: Bound
import QtQuick

Rectangle {
    id: bulletins
    property alias texts: words.texts
    readonly property bool wanted: words.count > 0
    readonly property int natural: Math.max(48, words.implicitHeight) + 48
    height: natural
    visible: wanted
    radius: Theme.radius
    color: Theme.blueTint
    border.color: Theme.blue
    border.width: Theme.highContrast ? 2 : 0

    Icon {
        id: sign
        name: "info"
        size: Theme.big(48)
        x: 32
        y: (parent.height - height) / 2
    }
    InTurn {
        id: words
        objectName: "bulletins"
        x: sign.x + sign.width + 24
        y: 24
        width: (count > 1 ? dots.x : parent.width) - x - 32
        height: parent.height - 48
    }
    Dots {
        id: dots
        of: words
        x: parent.width - width - 32
        y: (parent.height - height) / 2
    }
}
