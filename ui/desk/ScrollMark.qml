// Shows beside a list that it scrolls, and the position of its visible part.
pragma ComponentBehavior: Bound
import QtQuick
import "../components"

Rectangle {
    required property Flickable view
    visible: view.visibleArea.heightRatio < 1
    anchors.right: view.right
    anchors.rightMargin: 1
    width: 4
    radius: 2
    y: view.y + view.visibleArea.yPosition * view.height
    height: view.visibleArea.heightRatio * view.height
    color: Theme.edge
}
