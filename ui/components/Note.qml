// Something to know, calmly: on a tint, with its icon.
import QtQuick

Rectangle {
    id: note
    property string text
    property string tone: "attention"
    property string icon: "warning"
    implicitHeight: visible ? Math.max(label.implicitHeight, 48) + 56 : 0
    visible: text.length > 0
    radius: Theme.radius
    color: Theme.toneTint(tone)
    border.color: Theme.toneColor(tone)
    border.width: Theme.highContrast ? 2 : 0
    Icon {
        id: sign
        name: note.icon
        color: Theme.toneColor(note.tone)
        size: 48
        anchors { left: parent.left; leftMargin: 36; top: parent.top; topMargin: 28 }
    }
    Label {
        id: label
        anchors {
            left: sign.right; leftMargin: 24; right: parent.right; rightMargin: 36
            verticalCenter: parent.verticalCenter
        }
        text: note.text
        color: Theme.toneColor(note.tone)
        font.pixelSize: Theme.lead
        lineHeight: 1.15
        Accessible.role: Accessible.AlertMessage
    }
}
