// A label and its value, with a hairline above all but the first.
import QtQuick

Item {
    id: fact
    property string label
    property string value
    property bool first: false
    property int least: Theme.px(92)
    implicitHeight: Math.max(least, valueText.implicitHeight + 28, labelText.implicitHeight + 28)

    Rectangle {
        visible: !fact.first
        width: parent.width
        height: 1
        color: Theme.line
    }
    Label {
        id: labelText
        anchors.verticalCenter: parent.verticalCenter
        width: Math.min(implicitWidth, parent.width * 0.5)
        text: fact.label
        color: Theme.soft
    }
    Label {
        id: valueText
        anchors.verticalCenter: parent.verticalCenter
        anchors.right: parent.right
        width: parent.width - labelText.width - 32
        horizontalAlignment: Text.AlignRight
        text: fact.value
        font.bold: true
        Accessible.name: fact.label + " " + fact.value
    }
}
