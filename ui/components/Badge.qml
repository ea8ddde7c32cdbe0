// A state as a word on a tint: the colour never tells the state alone.
pragma ComponentBehavior: Bound
import QtQuick

Rectangle {
    id: badge
    property string text
    property string tone
    property int size: Theme.row
    property string label         // the label of the value, for a screen reader
    property bool said: false     // what the badge stands on says its text already
    implicitWidth: words.implicitWidth + 52
    implicitHeight: words.implicitHeight + (Theme.elder ? 8 : 16)
    radius: height / 2
    color: Theme.toneTint(tone)
    border.color: Theme.toneColor(tone)
    border.width: Theme.highContrast ? 2 : 0
    Label {
        id: words
        anchors.centerIn: parent
        text: badge.text
        color: Theme.toneColor(badge.tone)
        font.pixelSize: badge.size
        font.bold: true
        wrapMode: Text.NoWrap
        Accessible.ignored: badge.said
        Accessible.name: (badge.label + " " + badge.text).trim()
    }
}
