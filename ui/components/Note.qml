// A note on a tint, with an icon. Where its words would be higher than ``most``, they shrink.
pragma ComponentBehavior: Bound
import QtQuick

Rectangle {
    id: note
    property string text
    property string tone: "attention"
    property string icon: "warning"
    property int size: Theme.lead
    property int most: 0
    readonly property bool wanted: text.length > 0
    readonly property int natural: Math.max(measure.implicitHeight, 48) + 48
    height: most > 0 ? Math.min(most, natural) : natural
    visible: wanted
    radius: Theme.radius
    color: Theme.toneTint(tone)
    border.color: Theme.toneColor(tone)
    border.width: Theme.highContrast ? 2 : 0
    Icon {
        id: sign
        name: note.icon
        color: Theme.toneColor(note.tone)
        size: Theme.big(48)
        x: 32
        y: 24
    }
    Label {
        id: label
        x: sign.x + sign.width + 24
        width: note.width - x - 32
        y: 24
        height: note.height - 48
        verticalAlignment: Text.AlignVCenter
        text: note.text
        color: Theme.toneColor(note.tone)
        font.pixelSize: note.size
        fontSizeMode: note.most > 0 ? Text.Fit : Text.FixedSize
        minimumPixelSize: 28
        lineHeight: 0.95
        Accessible.role: Accessible.AlertMessage
    }
    Label {
        id: measure
        visible: false
        width: label.width
        text: note.text
        font.pixelSize: note.size
        lineHeight: 0.95
    }
}
