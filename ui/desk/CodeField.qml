// A line to type the content of a code in.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import "../components"

T.TextField {
    id: field
    implicitHeight: 42
    leftPadding: 12
    rightPadding: 12
    verticalAlignment: TextInput.AlignVCenter
    text: "https://gjj.example.gov.cn/v/7K2M9QX4"
    font.pixelSize: 14
    color: Theme.ink
    selectionColor: Theme.blue
    selectByMouse: true
    clip: true
    activeFocusOnTab: true
    Accessible.role: Accessible.EditableText
    background: Rectangle {
        radius: 10
        color: Theme.card
        border.width: field.activeFocus ? 3 : 1
        border.color: field.activeFocus ? Theme.focus : Theme.edge
    }
}
