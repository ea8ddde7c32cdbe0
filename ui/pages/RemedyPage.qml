// What can be done against a device's fault: one step below the other, each with its picture.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property RemedyContent shown: view as RemedyContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    readonly property int pictureWidth: Theme.elder || Theme.wide ? 252 : 324

    Turning {
        id: list
        anchors.fill: parent
        of: page.view
        Repeater {
            model: page.shown.steps
            Item {
                id: entry
                required property RemedyPart modelData
                required property int index
                readonly property bool tied: true
                width: list.blockWidth
                height: Math.max(picture.height, words.height) + 2 * 20
                Rectangle { visible: entry.index > 0; x: Theme.inset; width: parent.width - 2 * x; height: Theme.hair; color: Theme.line }
                Image {
                    id: picture
                    x: Theme.inset - 16
                    anchors.verticalCenter: parent.verticalCenter
                    width: page.pictureWidth
                    height: width * 2 / 3
                    sourceSize: Qt.size(width, height)
                    source: "image://icon/" + entry.modelData.picture + "/" + Theme.ink.toString().substring(1)
                    Accessible.ignored: true
                }
                Rectangle {
                    id: badge
                    x: picture.x + picture.width + 24
                    anchors.verticalCenter: parent.verticalCenter
                    width: Theme.big(56)
                    height: width
                    radius: width / 2
                    color: Theme.blueTint
                    Label {
                        anchors.centerIn: parent
                        text: entry.modelData.number
                        font.pixelSize: Theme.big(34)
                        font.bold: true
                        color: Theme.blue
                    }
                }
                Label {
                    id: words
                    x: badge.x + badge.width + 24
                    width: parent.width - x - Theme.inset
                    anchors.verticalCenter: parent.verticalCenter
                    text: entry.modelData.text
                    lineHeight: 0.92
                }
            }
        }
    }
}
