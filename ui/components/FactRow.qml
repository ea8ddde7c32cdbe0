// A label with its value, or with a state on a badge; where both do not fit on a line, the label
// stands above the value. Every row but the first has a hairline above.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    id: fact
    property string label
    property string value
    property string tone          // the tone of a state; empty for another value
    property bool first: false
    property bool tied: true
    property int least: Theme.elder ? 112 : 92
    readonly property bool badged: tone.length > 0
    readonly property bool stacked: labelText.implicitWidth + (badged ? badge.width : valueText.implicitWidth) + 32 > width - 2 * Theme.inset
    height: badged ? (stacked ? labelText.height + badge.height + 28 : least)
          : Math.max(least, stacked ? labelText.height + valueText.height + 20 : valueText.height + 16)

    Rectangle {
        visible: !fact.first
        x: Theme.inset
        width: parent.width - 2 * Theme.inset
        height: Theme.hair
        color: Theme.line
    }
    Label {
        id: labelText
        x: Theme.inset
        y: fact.stacked ? 10 : (fact.height - height) / 2
        width: fact.stacked ? fact.width - 2 * Theme.inset : implicitWidth
        text: fact.label
        color: Theme.soft
        Accessible.ignored: true   // the value's accessible name holds the label too
        lineHeight: fact.badged ? 1 : 0.9
    }
    Label {
        id: valueText
        visible: !fact.badged
        x: (fact.stacked ? Theme.inset : fact.width - Theme.inset - width) + Theme.hang(text, font.pixelSize)
        y: fact.stacked ? fact.height - height - 10 : (fact.height - height) / 2
        width: fact.stacked ? fact.width - 2 * Theme.inset : implicitWidth
        horizontalAlignment: Text.AlignRight
        text: fact.value
        font.bold: true
        lineHeight: 0.9
        Accessible.name: fact.label + " " + fact.value
    }
    Loader {   // made for a state only: a badge on every row would cost a statement 2 ms
        id: badge
        active: fact.badged
        x: fact.width - Theme.inset - width
        y: fact.stacked ? fact.height - height - 12 : (fact.height - height) / 2
        sourceComponent: Badge {
            label: fact.label
            text: fact.value
            tone: fact.tone
        }
    }
}
