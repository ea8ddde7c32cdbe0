// The state of what is shown: a label and its badge.
import QtQuick

Item {
    id: row
    property string label
    property alias text: badge.text
    property alias tone: badge.tone
    property bool tied: true
    property int least: Theme.elder ? 104 : 92
    readonly property bool stacked: words.implicitWidth + badge.implicitWidth + 32 > width - 2 * Theme.inset
    height: stacked ? words.height + badge.height + 28 : least
    Label {
        id: words
        x: Theme.inset
        y: row.stacked ? 10 : (row.height - height) / 2
        text: row.label
        Accessible.ignored: true   // the badge says both
        color: Theme.soft
        wrapMode: Text.NoWrap
    }
    Badge {
        id: badge
        label: row.label
        x: row.width - Theme.inset - width
        y: row.stacked ? row.height - height - 12 : (row.height - height) / 2
    }
}
