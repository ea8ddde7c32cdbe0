// A guide light that is on; a dark ring around its colour: the light flashes.
pragma ComponentBehavior: Bound
import QtQuick
import "../components"

Rectangle {
    id: lamp
    objectName: "lamp"
    property string text
    property string colour
    property bool flashes
    width: label.implicitWidth + 38
    height: 26
    radius: 13
    color: Theme.card
    border.color: Theme.line
    Rectangle {
        x: 7
        anchors.verticalCenter: parent.verticalCenter
        width: 12
        height: 12
        radius: 6
        color: lamp.colour
        border.width: lamp.flashes ? 3 : 1
        border.color: lamp.flashes ? Theme.ink : Theme.edge
    }
    Label {
        id: label
        x: 26
        anchors.verticalCenter: parent.verticalCenter
        text: lamp.text
        font.pixelSize: 13
        wrapMode: Text.NoWrap
    }
}
