// What the camera sees now, with the oval in which a face belongs.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property AimCameraContent shown: view as AimCameraContent
    title: shown.title
    lead: shown.lead
    span: true
    actions: shown.actions

    CameraView {
        anchors.fill: parent
        Accessible.role: Accessible.Graphic
        Accessible.name: page.shown.picture
    }
}
