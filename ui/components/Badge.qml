// A state in a word, on its own tint: colour never says it alone.
import QtQuick

Rectangle {
    id: badge
    property string text
    property string tone
    implicitWidth: label.implicitWidth + 52
    implicitHeight: label.implicitHeight + (Theme.elder ? 8 : 16)
    radius: height / 2
    color: Theme.toneTint(tone)
    border.color: Theme.toneColor(tone)
    border.width: Theme.highContrast ? 2 : 0
    Label {
        id: label
        anchors.centerIn: parent
        text: badge.text
        color: Theme.toneColor(badge.tone)
        font.bold: true
        wrapMode: Text.NoWrap
    }
}
