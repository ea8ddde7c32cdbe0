// One thing that can be made to go wrong: a press sets it, another takes it back.
import QtQuick
import QtQuick.Templates as T
import "../components"

T.Button {
    id: chip
    property bool stands: false
    property bool dense: false
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
        color: chip.stands ? (chip.down ? "#F0DDB8" : Theme.amberTint)
             : chip.down ? Theme.blueTint : chip.hovered ? "#F1F5F9" : Theme.card
        border.width: chip.visualFocus ? 3 : chip.stands ? 2 : 1
        border.color: chip.visualFocus ? Theme.focus : chip.stands ? Theme.amber : Theme.line
    }
    contentItem: Label {
        id: label
        text: chip.text
        font.pixelSize: chip.dense ? 13 : 14
        font.bold: chip.stands
        color: chip.stands ? Theme.amber : Theme.ink
        wrapMode: Text.NoWrap
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
}
