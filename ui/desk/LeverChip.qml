// A lever: a fault, or an act of a person. A press sets it, the next press takes it back.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import "../components"

T.Button {
    id: chip
    property bool stands: false
    property bool act: false
    property bool dense: false
    readonly property color tone: act ? Theme.blue : Theme.amber
    implicitHeight: dense ? 28 : 32
    implicitWidth: label.implicitWidth + (dense ? 16 : 24)
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.CheckBox
    Accessible.name: text
    Accessible.checkable: true
    Accessible.checked: stands
    background: Rectangle {
        radius: 8
        color: chip.stands ? (chip.act ? Theme.blueTint : chip.down ? "#F0DDB8" : Theme.amberTint)
             : chip.down ? Theme.blueTint : chip.hovered && chip.enabled ? "#F1F5F9" : Theme.card
        border.width: chip.visualFocus ? 3 : chip.stands ? 2 : 1
        border.color: chip.visualFocus ? Theme.focus : chip.stands ? chip.tone : Theme.line
    }
    contentItem: Label {
        id: label
        text: chip.text
        font.pixelSize: chip.dense ? 13 : 14
        font.bold: chip.stands
        color: !chip.enabled ? "#9AA5B1" : chip.stands ? chip.tone : Theme.ink
        wrapMode: Text.NoWrap
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
}
